using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>One input of a request: a tensor whose type and shape were checked against the model's.</summary>
internal readonly record struct InputTensor(string Name, OrtTensor Tensor);
