"""The multilingual sentence encoder: weights, ONNX export, inference and cache."""
