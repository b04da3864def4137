using SparseDsl.Import.Data;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>A row of a table as files: <c>v1-70.dsl</c>, its weights, and the model of its first peer.</summary>
internal static class RowFiles
{
    /// <summary>Writes them, over files of the same names.</summary>
    public static void Write(Row row, string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, row.Name.Replace("%", "", StringComparison.Ordinal).Replace(' ', '-'));
        File.WriteAllText(path + ".dsl", row.Dense.Text);
        var weights = new SafetensorsWriter();
        foreach (var (name, tensor) in row.Dense.Weights)
        {
            weights.Add(name, tensor);
        }

        weights.Write(path + ".safetensors");
        if (row.Peers is [var peer, ..])
        {
            File.WriteAllBytes(path + ".onnx", peer.Onnx);
        }
    }
}
