using SparseDsl.Import.Data;

namespace SparseDsl.Import.Tests.Data;

/// <summary>Damages files on purpose: a reader must answer with its own exception or with a result.</summary>
internal static class Damage
{
    /// <summary>Cuts a file after every number of bytes short of all; each cut must be refused.</summary>
    public static void TruncateEverywhere(byte[] file, Action<byte[]> read)
    {
        for (var length = 0; length < file.Length; length++)
        {
            var exception = Record.Exception(() => read(file[..length]));
            Assert.True(exception is DataFormatException, $"cut to {length} bytes: {exception?.ToString() ?? "was read"}");
            AssertOneSentence(exception!.Message);
        }
    }

    /// <summary>Flips up to three random bits, many times over; returns how often the file was refused.</summary>
    public static int FlipBits(byte[] file, Action<byte[]> read, int rounds = 3000)
    {
        var random = new Random(20);
        var refused = 0;
        for (var round = 0; round < rounds; round++)
        {
            var copy = (byte[])file.Clone();
            for (var flips = random.Next(3); flips >= 0; flips--)
            {
                copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
            }

            var exception = Record.Exception(() => read(copy));
            Assert.True(exception is null or DataFormatException, $"round {round}: {exception}");
            refused += exception is null ? 0 : 1;
        }

        return refused;
    }

    private static void AssertOneSentence(string message)
    {
        Assert.False(message.EndsWith('.'), message);
        Assert.DoesNotContain("\n", message, StringComparison.Ordinal);
    }
}
