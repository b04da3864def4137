using System.Collections.Immutable;
using Google.Protobuf;
using SparseDsl.Import.Onnx.Proto;

namespace SparseDsl.Import.Onnx;

/// <summary>
/// An ONNX model (<see href="https://onnx.ai/onnx/repo-docs/IR.html"/>), immutable and checked: names resolve, nodes are
/// in order of dependence, constants are tensors.
/// </summary>
/// <param name="IrVersion">Version of the file format.</param>
/// <param name="Producer">Name and version of the tool that wrote it; may be empty.</param>
/// <param name="Opsets">Version of the operator set by domain; the empty domain is ONNX's own.</param>
/// <param name="Graph">The main graph.</param>
public sealed record OnnxModel(long IrVersion, string Producer, IReadOnlyDictionary<string, long> Opsets, OnnxGraph Graph)
{
    /// <summary>Version of ONNX's own operator set.</summary>
    public long Opset => Opsets[""];

    /// <summary>Reads a file and the data files it refers to.</summary>
    /// <exception cref="OnnxFormatException">The file is not a whole, supported ONNX model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OnnxModel Load(string path) => Parse(File.ReadAllBytes(path), Path.GetDirectoryName(Path.GetFullPath(path)));

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="folder">Where the data files it refers to lie; null when there are none.</param>
    /// <exception cref="OnnxFormatException">The bytes are not a whole, supported ONNX model.</exception>
    public static OnnxModel Parse(byte[] bytes, string? folder = null)
    {
        var model = ParseProto(bytes);
        if (model.Graph is null)
        {
            throw new OnnxFormatException("the file holds no graph, so it is not an ONNX model");
        }

        var opsets = ReadOpsets(model);
        var graph = new OnnxGraphReader(new OnnxTensorReader(folder)).ReadMain(model.Graph);
        return new OnnxModel(model.IrVersion, $"{model.ProducerName} {model.ProducerVersion}".Trim(), opsets, graph);
    }

    /// <summary>The one spelling of a domain: ONNX's own is the empty string.</summary>
    internal static string NormalizeDomain(string domain) => domain == "ai.onnx" ? "" : domain;

    private static ModelProto ParseProto(byte[] bytes)
    {
        try
        {
            return ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new OnnxFormatException("the file is damaged, or no ONNX model: it cannot be decoded as a protocol buffer", e);
        }
    }

    private static ImmutableDictionary<string, long> ReadOpsets(ModelProto model)
    {
        var opsets = ImmutableDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (var import in model.OpsetImport)
        {
            opsets[NormalizeDomain(import.Domain)] = import.Version;
        }

        // Files older than format version 3 cannot say, and mean version 1.
        if (model.IrVersion < 3)
        {
            opsets.TryAdd("", 1);
        }

        return opsets.ContainsKey("")
            ? opsets.ToImmutable()
            : throw new OnnxFormatException("the file does not say which version of the ONNX operators it uses");
    }
}
