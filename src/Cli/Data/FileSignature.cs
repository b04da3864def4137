namespace SparseDsl.Cli.Data;

/// <summary>What the first bytes of a file say it is.</summary>
internal static class FileSignature
{
    private const string Convert = "save its tensors as .npz or .safetensors";

    // What a file begins with, the extensions of such files, what it is and what to do with it.
    private static readonly (byte[] Start, string[] Extensions, string Is, string Advice)[] All =
    [
        ([0x93, .. "NUMPY"u8], [".npy"], "an .npy file", "give it that extension"),
        ([.. "PK\u0003\u0004"u8], [".npz"], "a zip archive", "give it the extension .npz when NumPy wrote it; when PyTorch did, save its tensors with safetensors.torch.save_file"),
        ([0x80, 2], [], "a pickle, as PyTorch writes", "save its tensors with safetensors.torch.save_file"),
        ([0x80, 4], [], "a pickle", Convert),
        ([0x80, 5], [], "a pickle", Convert),
        ([0x89, .. "PNG"u8], [".png"], "a PNG image", "give it the extension .png"),
        ([0xff, 0xd8, 0xff], [".jpg", ".jpeg"], "a JPEG image", "give it the extension .jpg"),
        ([0x89, .. "HDF"u8], [], "an HDF5 file", Convert),
        ([.. "GGUF"u8], [], "a GGUF file", Convert),
        ([.. "version https://git-lfs"u8], [], "a pointer of Git LFS", "fetch the file itself with 'git lfs pull'"),
    ];

    // The end of the length that stands before a header, whose highest bytes are 0, and the begin of the header.
    private static readonly byte[] Tensors = [0, 0, (byte)'{', (byte)'"'];

    /// <summary>What to do about a file that is damaged, or of another format than its extension says.</summary>
    public static string Hint(string path)
    {
        var start = Start(path);
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension != ".safetensors" && start.AsSpan().IndexOf(Tensors) == SafetensorsLength)
        {
            return "it seems to be a .safetensors file: give it that extension";
        }

        var found = All.FirstOrDefault(a => start.AsSpan().StartsWith(a.Start));
        return found.Start is null || found.Extensions.Contains(extension) ? "write the file again" : $"it seems to be {found.Is}: {found.Advice}";
    }

    private const int SafetensorsLength = 6;

    private static byte[] Start(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var bytes = new byte[32];
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            return [];
        }
    }
}
