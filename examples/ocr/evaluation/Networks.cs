namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>The networks that are compared: ours dense, ONNX Runtime's, then ours pruned.</summary>
internal sealed class Networks : IDisposable
{
    private readonly Settings _settings;
    private readonly List<IDisposable> _open = [];

    public Networks(Settings settings)
    {
        _settings = settings;
        Decoder = CtcDecoder.FromKeys(Path.Combine(settings.Models, "keys.txt"));
        try
        {
            Classifier = Dense("cls");
            Recognizers = All("rec", settings.Recognizers);
            Detectors = All("det", settings.Detectors);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Spells what a recogniser read.</summary>
    public CtcDecoder Decoder { get; }

    /// <summary>Says whether a line is upside down.</summary>
    public INetwork Classifier { get; }

    /// <summary>Recognisers by name.</summary>
    public IReadOnlyList<(string Name, INetwork Network)> Recognizers { get; }

    /// <summary>Detectors by name.</summary>
    public IReadOnlyList<(string Name, INetwork Network)> Detectors { get; }

    /// <inheritdoc/>
    public void Dispose() => _open.ForEach(network => network.Dispose());

    private List<(string, INetwork)> All(string name, IReadOnlyList<string> pruned) =>
    [
        ("dense", Dense(name)),
        ("ONNX Runtime", Opened(new OrtNetwork(Path.Combine(_settings.Models, name + ".onnx"), _settings.Threads))),
        .. pruned.Select(path => (Path.GetFileNameWithoutExtension(path), (INetwork)Opened(SparseNetwork.Load(path, _settings.Threads)))),
    ];

    private SparseNetwork Dense(string name) => Opened(SparseNetwork.Load(
        NetworkImporter.Ensure(Path.Combine(_settings.Models, name + ".onnx"), Path.Combine(Settings.Example, "networks")), _settings.Threads));

    private T Opened<T>(T network)
        where T : IDisposable
    {
        _open.Add(network);
        return network;
    }
}
