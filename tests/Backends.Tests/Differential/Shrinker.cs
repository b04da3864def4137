namespace SparseDsl.Backends.Tests.Differential;

/// <summary>Makes a failing program small.</summary>
internal static class Shrinker
{
    /// <summary>A smaller program that still fails: fewer outputs, fewer values, fewer promises.</summary>
    public static RandomProgram Shrink(RandomProgram program, Func<RandomProgram, bool> fails)
    {
        while (Smaller(program).FirstOrDefault(fails) is { } smaller)
        {
            program = smaller;
        }

        return program;
    }

    private static IEnumerable<RandomProgram> Smaller(RandomProgram program) =>
        [.. FewerOutputs(program), .. program.Values.SelectMany(v => InputsForOperands(program, v).Concat(FewerPromises(program, v)))];

    // One output, or an operand of the output in its place.
    private static IEnumerable<RandomProgram> FewerOutputs(RandomProgram program)
    {
        var operands = program.Values.Where(v => program.Outputs.Contains(v.Name)).SelectMany(v => v.Operands).Where(o => program.Values.Any(v => v.Name == o));
        return (program.Outputs.Count > 1 ? program.Outputs : []).Concat(operands).Distinct().Select(output => (program with { Outputs = [output] }).Trimmed());
    }

    // An input of the same type in the place of any operand.
    private static IEnumerable<RandomProgram> InputsForOperands(RandomProgram program, RandomValue value)
    {
        for (var i = 0; i < value.Operands.Length; i++)
        {
            if (program.Values.FirstOrDefault(v => v.Name == value.Operands[i]) is { } operand)
            {
                var input = program.Inputs.FirstOrDefault(x => x.Type == operand.Type) ?? operand with { Name = "y" + operand.Name, Text = "", Operands = [], Params = [] };
                var changed = value with { Operands = [.. value.Operands.Select((o, k) => k == i ? input.Name : o)] };
                yield return (program with
                {
                    Inputs = program.Inputs.Contains(input) ? program.Inputs : [.. program.Inputs, input],
                    Values = [.. program.Values.Select(v => v == value ? changed : v)],
                }).Trimmed();
            }
        }
    }

    private static IEnumerable<RandomProgram> FewerPromises(RandomProgram program, RandomValue value) =>
        from param in value.Params
        where param.Annotation.Length > 0 && param.Scale is null
        let plain = param with { Annotation = param.Annotation.Contains("@quant", StringComparison.Ordinal) ? "@quant" : "" }
        where plain != param
        select program with { Values = [.. program.Values.Select(v => v == value ? v with { Params = [.. v.Params.Select(p => p == param ? plain : p)] } : v)] };
}
