using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Data;

/// <summary>What a model is run on: a tensor for every input, a value for every dim.</summary>
internal sealed record ModelInputs(IReadOnlyDictionary<string, TensorData> Tensors, IReadOnlyDictionary<string, long> Dims)
{
    /// <summary>Reads and checks the inputs; null after a report.</summary>
    /// <param name="session">Where mistakes go.</param>
    /// <param name="model">The model.</param>
    /// <param name="sources">What the user gave for each input: a path, <c>random</c> or <c>zeros</c>.</param>
    /// <param name="given">Dims the user gave.</param>
    public static ModelInputs? Read(Session session, BoundModel model, IReadOnlyList<KeyValuePair<string, string>> sources, IReadOnlyList<KeyValuePair<string, long>> given)
    {
        foreach (var (name, _) in sources.Where(s => model.Inputs.All(i => i.Name != s.Key)))
        {
            session.Report(FileDiagnostics.UnknownInput, name, string.Join(", ", model.Inputs.Select(i => i.Name)));
        }

        var solver = new DimSolver(session, model, given);
        var tensors = new Dictionary<string, TensorData>(StringComparer.Ordinal);
        var bySource = sources.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);
        foreach (var input in model.Inputs)
        {
            if (!bySource.TryGetValue(input.Name, out var source))
            {
                session.Report(FileDiagnostics.MissingInput, input.Name, input.Type.ToString());
            }
            else if (!IsMade(source) && ReadOne(session, source, input) is { } tensor)
            {
                tensors.Add(input.Name, tensor);
            }
        }

        if (session.Diagnostics.HasErrors || solver.Solve(tensors) is not { } dims)
        {
            return null;
        }

        foreach (var input in model.Inputs.Where(i => IsMade(bySource[i.Name])))
        {
            if (Memory.Guard(session, $"the input '{input.Name}' ({input.Type})", () => Make(input.Type, dims, bySource[input.Name] == "random")) is { } made)
            {
                tensors.Add(input.Name, made);
            }
        }

        return session.Diagnostics.HasErrors ? null : new ModelInputs(tensors, dims);
    }

    private static bool IsMade(string source) => source is "random" or "zeros";

    private static TensorData? ReadOne(Session session, string source, BoundInput input)
    {
        if (ImageReader.IsKnown(source))
        {
            return ImageReader.Read(session, source, input);
        }

        if (TensorReader.ReadOne(session, source, input.Name) is not { } tensor)
        {
            return null;
        }

        if (tensor.Type == input.Type.Element || CanConvert(tensor.Type, input.Type.Element))
        {
            return Batch(tensor, input.Type).ConvertTo(input.Type.Element);
        }

        session.Report(FileDiagnostics.ElementType, input.Name, input.Type.Element.Name(), tensor.Type.Name());
        return null;
    }

    /// <summary>A single example is a batch of one, where the model takes batches.</summary>
    private static TensorData Batch(TensorData tensor, TensorType type) =>
        tensor.Rank == type.Rank - 1 && !type.Shape[0].IsConstant ? tensor.Reshape([1, .. tensor.Shape]) : tensor;

    // Floats of another width are what files often hold. Anything else more likely is the wrong file.
    private static bool CanConvert(ElementType from, ElementType to) => from.IsFloat() && to.IsFloat();

    private static TensorData Make(TensorType type, IReadOnlyDictionary<string, long> dims, bool isRandom)
    {
        int[] shape = [.. type.Shape.Select(d => checked((int)d.Evaluate(n => dims[n])))];
        var values = new double[shape.Aggregate(1, (a, b) => checked(a * b))];
        var random = new Random(1);
        for (var i = 0; i < values.Length && isRandom; i++)
        {
            values[i] = type.Element switch
            {
                ElementType.Bool => random.Next(2),
                ElementType.U8 => random.Next(256),
                _ when type.Element.IsFloat() => (random.NextDouble() * 2) - 1,
                _ => random.Next(2),
            };
        }

        return TensorData.FromDoubles(values, shape).ConvertTo(type.Element);
    }
}
