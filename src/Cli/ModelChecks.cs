using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli;

/// <summary>What <c>check</c> and editors report about a model besides what binding finds: what other commands would find later.</summary>
internal static class ModelChecks
{
    /// <summary>Reports wrong settings of pictures, and what only the reference backend runs.</summary>
    public static void Run(Session session, BoundModel model)
    {
        ImageSettings.Check(session, model);
        Selections(model, session.Diagnostics);
    }

    private static void Selections(BoundModel model, DiagnosticBag diagnostics)
    {
        var seen = new HashSet<BoundValue>();
        var stack = new Stack<BoundValue>(model.Outputs.Select(o => o.Value));
        while (stack.Count > 0)
        {
            var value = stack.Pop();
            if (!seen.Add(value))
            {
                continue;
            }

            foreach (var operand in value.Operands)
            {
                stack.Push(operand);
            }
        }

        foreach (var select in seen.OfType<BoundSelect>().OrderBy(s => s.Location.Span.Start))
        {
            diagnostics.Report(LoweringDiagnostics.NotLowered, select.Location, select.Selection.ToString());
        }
    }
}
