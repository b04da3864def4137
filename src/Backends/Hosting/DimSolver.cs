using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Hosting;

/// <summary>Finds the values of a model's dims from the shapes of its inputs.</summary>
internal static class DimSolver
{
    /// <summary>The dims in order of declaration.</summary>
    /// <exception cref="ModelException">Shapes contradict the declaration or each other, or leave a dim open.</exception>
    public static long[] Solve(LoopProgram program, IReadOnlyDictionary<string, TensorData> inputs)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        List<Region.Input> declared = [.. program.Regions.OfType<Region.Input>()];
        CheckNames(declared, inputs);
        foreach (var input in declared)
        {
            CheckRank(input, inputs);
        }

        while (declared.Any(input => Learn(input, inputs[input.Name], values)))
        {
        }

        foreach (var input in declared)
        {
            CheckShape(input, inputs[input.Name], values);
        }

        return [.. program.Dims.Select(d => Value(d, values))];
    }

    private static void CheckNames(List<Region.Input> declared, IReadOnlyDictionary<string, TensorData> inputs)
    {
        if (inputs.Keys.FirstOrDefault(name => declared.All(d => d.Name != name)) is { } unknown)
        {
            throw new ModelException(declared.Count == 0
                ? $"the model has no input '{unknown}'; it has none"
                : $"the model has no input '{unknown}'; it has {string.Join(", ", declared.Select(d => d.Name))}");
        }
    }

    private static void CheckRank(Region.Input input, IReadOnlyDictionary<string, TensorData> inputs)
    {
        if (!inputs.TryGetValue(input.Name, out var tensor))
        {
            throw new ModelException($"the input '{input.Name}' is missing; it must be {input.Type}");
        }

        if (tensor.Type != input.Element || tensor.Rank != input.Type.Rank)
        {
            throw new ModelException($"the input '{input.Name}' is {tensor}, not {input.Type}");
        }
    }

    // Solves extents that are linear in one dim not known yet; true when something was learned.
    private static bool Learn(Region.Input input, TensorData tensor, Dictionary<string, long> values)
    {
        var learned = false;
        for (var axis = 0; axis < tensor.Rank; axis++)
        {
            var extent = input.Type.Shape[axis].Substitute(s => values.TryGetValue(s, out var value) ? Dim.Const(value) : null);
            if (extent.Symbols().ToList() is [var symbol] && extent.Linear(symbol) is var (coefficient, offset)
                && coefficient != 0 && offset.Constant is { } constant && (tensor.Shape[axis] - constant) % coefficient == 0)
            {
                values.Add(symbol, (tensor.Shape[axis] - constant) / coefficient);
                learned = true;
            }
        }

        return learned;
    }

    private static void CheckShape(Region.Input input, TensorData tensor, Dictionary<string, long> values)
    {
        for (var axis = 0; axis < tensor.Rank; axis++)
        {
            var extent = input.Type.Shape[axis];
            if (extent.Symbols().All(values.ContainsKey) && extent.Evaluate(s => values[s]) is var expected && expected != tensor.Shape[axis])
            {
                var because = extent.IsConstant ? "" : $" with {string.Join(", ", extent.Symbols().Select(s => $"{s} = {values[s]}"))}";
                throw new ModelException($"the input '{input.Name}' is {tensor}, not {input.Type}: dimension {axis} must be {expected}{because}");
            }
        }
    }

    private static long Value(SymbolicDim dim, Dictionary<string, long> values)
    {
        if (!values.TryGetValue(dim.Name, out var value))
        {
            throw new ModelException($"the shapes of the inputs do not say what the dim {dim.Name} is");
        }

        return dim.Contains(value) ? value : throw new ModelException($"the dim {dim.Name} is {value}; it must be {dim.Values}");
    }
}
