"""The multilingual sentence encoder: its weights, its ONNX form and its cache."""
