"""The encoder fine-tuned for intents and slots at once: training in torch, serving in ONNX."""
