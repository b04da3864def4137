using SparseDsl.Backends.CSharp.Emit;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.CSharp;

/// <summary>A file of a generated project.</summary>
/// <param name="Name">Its name; there are no folders.</param>
/// <param name="Content">Its bytes.</param>
public sealed record ProjectFile(string Name, ReadOnlyMemory<byte> Content);

/// <summary>
/// Writes a model as a project of its own: the class, its packed weights, a project file, and a small program that runs the model on zeros. It needs nothing but
/// <c>SparseDsl.Runtime.dll</c> beside it, which the caller copies there.
/// </summary>
public static class ProjectWriter
{
    /// <summary>The files of the project.</summary>
    /// <param name="tiers">The model lowered for one or several targets, in the order in which the class tries them.</param>
    /// <param name="weights">The packed weights, under the names the generated class asks for.</param>
    /// <param name="options">Names; its tiers are ignored.</param>
    public static IReadOnlyList<ProjectFile> Write(IReadOnlyList<CSharpTier> tiers, IReadOnlyList<PackedWeight> weights, CSharpOptions options)
    {
        options = options with { Tiers = [.. tiers.Skip(1)] };
        var program = tiers[0].Program;
        var name = options.ClassName ?? Names.Pascal(program.Name);
        var packed = new MemoryStream();
        WeightFileWriter.Write(packed, program.Name, ModelHash.Of(tiers), weights);
        return
        [
            Text(name + ".cs", CSharpEmitter.Emit(program, tiers[0].Target, options)),
            Text("Program.cs", Sample(program, name, options)),
            Text(name + ".csproj", Project(name)),
            new ProjectFile(name + ".sdw", packed.ToArray()),
        ];
    }

    private static ProjectFile Text(string name, string content) => new(name, System.Text.Encoding.UTF8.GetBytes(content));

    private static string Project(string name) => $"""
        <Project Sdk="Microsoft.NET.Sdk">

          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
            <!-- Hot loops get optimised code in their first call. -->
            <TieredPGO>false</TieredPGO>
            <TieredCompilation>false</TieredCompilation>
          </PropertyGroup>

          <ItemGroup>
            <Reference Include="SparseDsl.Runtime">
              <HintPath>SparseDsl.Runtime.dll</HintPath>
            </Reference>
            <None Update="{name}.sdw" CopyToOutputDirectory="PreserveNewest" />
          </ItemGroup>

        </Project>

        """.Replace("\r\n", "\n");

    // Runs the model once, on zeros and the smallest dims, and prints how its outputs begin.
    private static string Sample(LoopProgram program, string name, CSharpOptions options)
    {
        var text = new SourceWriter();
        text.Line("// Runs the model once on zeros.");
        text.Line("using System;");
        text.Line("using System.Globalization;");
        text.Line("using System.IO;");
        text.Line("using System.Linq;");
        text.Line("using SparseDsl.Runtime;");
        text.Line($"using {options.Namespace};");
        text.Line("using static SparseDsl.Runtime.Lanes;");
        text.Line();
        text.Line($"using var weights = WeightFile.Open(Path.Combine(AppContext.BaseDirectory, \"{name}.sdw\"));");
        text.Line($"using var model = new {name}(weights, threads: Environment.ProcessorCount);");
        text.Line();
        var names = new Names(["weights", "model", "i"]);
        var dims = program.Dims.ToDictionary(d => d.Name, d => names.Take(Names.Camel(d.Name)), StringComparer.Ordinal);
        foreach (var dim in program.Dims)
        {
            text.Line($"var {dims[dim.Name]} = {CSharpTypes.Digits(dim.SmallestUseful)};");
        }

        List<string> arguments = [];
        List<(string Name, string Local)> outputs = [];
        foreach (var region in program.Regions.Where(r => r is Region.Input).Concat(program.Regions.Where(r => r is Region.Output)))
        {
            var local = names.Take(Names.Camel(region.Name));
            text.Line($"var {local} = new {CSharpTypes.Public(region.Element)}[{DimWriter.Write(region.Count, d => dims[d])}];");
            arguments.Add(local);
            if (region is Region.Output)
            {
                outputs.Add((region.Name, local));
            }
        }

        text.Line();
        text.Line($"model.Run({string.Join(", ", arguments.Concat(program.Dims.Select(d => dims[d.Name])))});");
        foreach (var (output, local) in outputs)
        {
            text.Line($"Console.WriteLine(\"{output}: \" + string.Join(\" \", {local}[..Math.Min(8, {local}.Length)].Select(v => Convert.ToString(v, CultureInfo.InvariantCulture))));");
        }

        return text.ToString();
    }
}
