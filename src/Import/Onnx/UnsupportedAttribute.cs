namespace SparseDsl.Import.Onnx;

/// <summary>Stands for an attribute of a kind no supported operator has; asking for it as anything else is refused.</summary>
internal sealed record UnsupportedAttribute(string Kind);
