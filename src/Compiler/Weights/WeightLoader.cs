using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Compiler.Weights;

/// <summary>Takes the weights of a model from where they are and checks them: names, shapes, types, finite values, and promises about zeros.</summary>
public static class WeightLoader
{
    private const int NamesShown = 8;

    /// <summary>
    /// Loads every declared parameter. Mistakes are reported, all of them; a parameter with a mistake that makes it unusable is left out.
    /// </summary>
    /// <param name="model">The model's name, for messages.</param>
    /// <param name="declarations">Its parameters.</param>
    /// <param name="provider">Where tensors are.</param>
    /// <param name="diagnostics">Is told of every mistake.</param>
    public static LoadedWeights Load(string model, ImmutableArray<WeightDeclaration> declarations, IWeightProvider provider, DiagnosticBag diagnostics)
    {
        var tensors = new Dictionary<string, TensorData>(StringComparer.Ordinal);
        foreach (var declaration in declarations)
        {
            if (Load(declaration, provider, diagnostics) is { } tensor)
            {
                tensors[declaration.Path] = tensor;
            }
        }

        var declared = new HashSet<string>(declarations.Select(d => d.Path), StringComparer.Ordinal);
        string[] extra = [.. provider.Names.Where(n => !declared.Contains(n)).OrderBy(n => n, StringComparer.Ordinal)];
        if (extra.Length > 0)
        {
            diagnostics.Report(WeightDiagnostics.ExtraTensors, null, provider.Name, extra.Length == 1 ? "a tensor" : Number(extra.Length) + " tensors", model, Listed(extra));
        }

        return new LoadedWeights(provider.Name, tensors);
    }

    private static TensorData? Load(WeightDeclaration declaration, IWeightProvider provider, DiagnosticBag diagnostics)
    {
        if (provider.Find(declaration.Path) is not { } found)
        {
            string[] names = [.. provider.Names.OrderBy(n => n, StringComparer.Ordinal)];
            diagnostics.Report(WeightDiagnostics.MissingTensor, declaration.Location, declaration.Path, provider.Name, names.Length == 0 ? "nothing" : Listed(names));
            return null;
        }

        if (!HasShape(found, declaration.Type))
        {
            diagnostics.Report(WeightDiagnostics.WrongShape, declaration.Location, declaration.Path, declaration.Type.ToString(), provider.Name, found.ToString());
            return null;
        }

        if (found.Type != declaration.Type.Element && !(found.Type.IsFloat() && declaration.Type.Element.IsFloat()))
        {
            diagnostics.Report(WeightDiagnostics.WrongElement, declaration.Location, declaration.Path, declaration.Type.Element.Name(), provider.Name, found.Type.Name());
            return null;
        }

        var tensor = found.ConvertTo(declaration.Type.Element);
        CheckFinite(declaration, tensor, provider, diagnostics);
        if (declaration.Sparsity is Sparsity.MaskFile mask)
        {
            return Masked(declaration, tensor, mask, provider, diagnostics);
        }

        if (declaration.Sparsity is { IsPromise: true } promise && PromiseCheck.Run(promise, tensor) is { } breach)
        {
            diagnostics.Report(breach.Row, declaration.Annotation ?? declaration.Location, breach.Arguments(declaration.Path, provider.Name));
        }

        return tensor;
    }

    /// <summary>Extents that are known must agree; symbolic ones are the business of whoever binds dims.</summary>
    private static bool HasShape(TensorData tensor, TensorType type) =>
        tensor.Rank == type.Rank && tensor.Shape.Zip(type.Shape, (found, declared) => declared.Constant is not { } extent || extent == found).All(same => same);

    private static void CheckFinite(WeightDeclaration declaration, TensorData tensor, IWeightProvider provider, DiagnosticBag diagnostics)
    {
        if (!tensor.Type.IsFloat())
        {
            return;
        }

        var (count, first) = (0, -1);
        for (var i = 0; i < tensor.Count; i++)
        {
            var value = tensor.GetDouble(i);
            if (double.IsNaN(value) || double.IsInfinity(value))
            {
                first = count++ == 0 ? i : first;
            }
        }

        if (count > 0)
        {
            diagnostics.Report(WeightDiagnostics.NotFinite, declaration.Location, declaration.Path, Number(count), provider.Name, Places.Text(tensor.Shape, first));
        }
    }

    private static TensorData? Masked(WeightDeclaration declaration, TensorData tensor, Sparsity.MaskFile mask, IWeightProvider provider, DiagnosticBag diagnostics)
    {
        var place = declaration.Annotation ?? declaration.Location;
        if (provider.FindMask(mask.Path, out var problem) is not { } kept)
        {
            diagnostics.Report(WeightDiagnostics.MissingMask, place, declaration.Path, mask.Path, problem);
            return null;
        }

        if (!kept.Shape.SequenceEqual(tensor.Shape))
        {
            diagnostics.Report(WeightDiagnostics.MaskShape, place, declaration.Path, mask.Path, kept.ToString(), tensor.ToString());
            return null;
        }

        var size = tensor.Type.Size();
        var bytes = tensor.ToBytes();
        for (var i = 0; i < tensor.Count; i++)
        {
            if (kept.GetDouble(i) == 0)
            {
                Array.Clear(bytes, i * size, size);
            }
        }

        return new TensorData(tensor.Type, tensor.Shape, bytes);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Listed(string[] names) => string.Join(", ", names.Take(NamesShown)) + (names.Length > NamesShown ? ", …" : "");
}
