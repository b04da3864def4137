using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Cli.Data;

/// <summary>Finds the dims of a model from the shapes of its inputs and from what the user gave, and checks that all fit together.</summary>
internal sealed class DimSolver(Session session, BoundModel model, IReadOnlyList<KeyValuePair<string, long>> given)
{
    private readonly Dictionary<string, long> values = new(StringComparer.Ordinal);

    /// <summary>The value of every dim; null after a report.</summary>
    public IReadOnlyDictionary<string, long>? Solve(IReadOnlyDictionary<string, TensorData> tensors)
    {
        foreach (var (name, value) in given)
        {
            if (model.Dims.Any(d => d.Name == name))
            {
                values[name] = value;
            }
            else
            {
                session.Report(FileDiagnostics.UnknownDim, name, model.Dims.Length == 0 ? "none" : string.Join(", ", model.Dims.Select(d => d.Name)));
            }
        }

        var fitting = model.Inputs.Where(i => tensors.ContainsKey(i.Name) && HasRank(i, tensors[i.Name])).ToList();
        while (fitting.Any(i => Learn(i.Type, tensors[i.Name])))
        {
        }

        foreach (var input in fitting)
        {
            CheckShape(input, tensors[input.Name]);
        }

        CheckDims();
        return session.Diagnostics.HasErrors ? null : values;
    }

    private bool HasRank(BoundInput input, TensorData tensor)
    {
        if (tensor.Rank == input.Type.Rank)
        {
            return true;
        }

        Report(input, tensor, string.Create(CultureInfo.InvariantCulture, $"it must have {input.Type.Rank} indices"));
        return false;
    }

    /// <summary>Solves extents that are linear in one dim not known yet; true when something was learned.</summary>
    private bool Learn(TensorType type, TensorData tensor)
    {
        var learned = false;
        for (var axis = 0; axis < type.Rank; axis++)
        {
            var extent = type.Shape[axis].Substitute(s => values.TryGetValue(s, out var value) ? Dim.Const(value) : null);
            if (extent.Symbols().Distinct().ToList() is [var symbol] && extent.Linear(symbol) is var (coefficient, offset)
                && coefficient != 0 && offset.Constant is { } constant && (tensor.Shape[axis] - constant) % coefficient == 0)
            {
                values.Add(symbol, (tensor.Shape[axis] - constant) / coefficient);
                learned = true;
            }
        }

        return learned;
    }

    private void CheckShape(BoundInput input, TensorData tensor)
    {
        for (var axis = 0; axis < tensor.Rank; axis++)
        {
            var extent = input.Type.Shape[axis];
            var symbols = extent.Symbols().Distinct().Order(StringComparer.Ordinal).ToList();
            if (!symbols.All(values.ContainsKey))
            {
                Report(input, tensor, string.Create(CultureInfo.InvariantCulture, $"no value of {string.Join(", ", symbols)} makes index {axis} ({extent}) {tensor.Shape[axis]} long"));
            }
            else if (extent.Evaluate(s => values[s]) is var expected && expected != tensor.Shape[axis])
            {
                var because = symbols.Count == 0 ? "" : " because " + string.Join(", ", symbols.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s} = {values[s]}")));
                Report(input, tensor, string.Create(CultureInfo.InvariantCulture, $"index {axis} must be {expected} long{because}"));
            }
        }
    }

    private void CheckDims()
    {
        foreach (var dim in model.Dims)
        {
            if (!values.TryGetValue(dim.Name, out var value))
            {
                if (!session.Diagnostics.HasErrors)
                {
                    session.Report(FileDiagnostics.OpenDim, dim.Name);
                }
            }
            else if (!dim.Contains(value))
            {
                session.Report(FileDiagnostics.DimValue, dim.Name, value.ToString(CultureInfo.InvariantCulture), dim.Values);
            }
        }
    }

    private void Report(BoundInput input, TensorData tensor, string reason) =>
        session.Report(FileDiagnostics.Shape, input.Name, input.Type.ToString(), tensor.ToString(), reason);
}
