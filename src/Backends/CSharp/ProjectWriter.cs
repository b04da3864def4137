using SparseDsl.Backends.CSharp.Emit;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.CSharp;

/// <summary>A file of a generated project.</summary>
/// <param name="Name">Its path in the project's folder, with forward slashes.</param>
/// <param name="Content">Its bytes.</param>
public sealed record ProjectFile(string Name, ReadOnlyMemory<byte> Content);

/// <summary>
/// Writes a model as a class library: the class, its packed weights and a project file; and, in the folder <c>demo</c>, a small program that runs the model on
/// zeros. It needs nothing but <c>SparseDsl.Runtime.dll</c> beside it, which the caller copies there.
/// </summary>
public static class ProjectWriter
{
    /// <summary>The files of the project.</summary>
    /// <param name="tiers">The model lowered for one or several targets, in the order in which the class tries them.</param>
    /// <param name="weights">The packed weights, under the names the generated class asks for. Ignored when <paramref name="options"/> has the constants.</param>
    /// <param name="options">Names and constants; its tiers are ignored.</param>
    public static IReadOnlyList<ProjectFile> Write(IReadOnlyList<CSharpTier> tiers, IReadOnlyList<PackedWeight> weights, CSharpOptions options)
    {
        var program = tiers[0].Program;
        var name = options.ClassName ?? ClassNames.Of(program.Name);
        // Programs that use the library have tiered compilation as they like it.
        options = options with { Tiers = [.. tiers.Skip(1)], OptimisesAtOnce = true, Weights = new DefaultWeights(name + ".sdw", IsResource: false) };
        ProjectFile[] packed = options.Constants is null ? [Packed(name, tiers, weights)] : [];
        return
        [
            Text(name + ".cs", CSharpEmitter.Emit(program, tiers[0].Target, options)),
            Text(name + ".csproj", Project(name, packed.Length > 0)),
            .. packed,
            Text("demo/Program.cs", Sample(program, name, options)),
            Text("demo/Demo.csproj", Demo(name)),
        ];
    }

    // Assemblies without a dot in their names that every program has.
    private static readonly HashSet<string> FrameworkAssemblies = new(["System", "mscorlib", "netstandard", "WindowsBase"], StringComparer.OrdinalIgnoreCase);

    private static ProjectFile Packed(string name, IReadOnlyList<CSharpTier> tiers, IReadOnlyList<PackedWeight> weights)
    {
        var packed = new MemoryStream();
        WeightFileWriter.Write(packed, tiers[0].Program.Name, ModelHash.Of(tiers), weights);
        return new ProjectFile(name + ".sdw", packed.ToArray());
    }

    private static ProjectFile Text(string name, string content) => new(name, System.Text.Encoding.UTF8.GetBytes(content));

    private static string Project(string name, bool hasWeights) => $"""
        <Project Sdk="Microsoft.NET.Sdk">

          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
            <AssemblyName>{(FrameworkAssemblies.Contains(name) ? name + "Model" : name)}</AssemblyName>
            <!-- The program in that folder is a project of its own. -->
            <DefaultItemExcludes>$(DefaultItemExcludes);demo/**</DefaultItemExcludes>
          </PropertyGroup>

          <ItemGroup>
            <Reference Include="SparseDsl.Runtime">
              <HintPath>SparseDsl.Runtime.dll</HintPath>
              <Private>true</Private>
            </Reference>
            <!-- What this project gives to those that reference it: the class is no use without the types it is made of. -->
            <TargetPathWithTargetPlatformMoniker Include="$(MSBuildProjectDirectory)/SparseDsl.Runtime.dll" ReferenceSourceTarget="ResolveAssemblyReference" />
        {(hasWeights ? $"    <None Update=\"{name}.sdw\" CopyToOutputDirectory=\"PreserveNewest\" />" : "")}
          </ItemGroup>

        </Project>

        """.Replace("\r\n", "\n");

    private static string Demo(string name) => $"""
        <Project Sdk="Microsoft.NET.Sdk">

          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <!-- No class has a dot in its name: this one is never that of the library. -->
            <AssemblyName>{name}.Demo</AssemblyName>
          </PropertyGroup>

          <ItemGroup>
            <ProjectReference Include="../{name}.csproj" />
          </ItemGroup>

        </Project>

        """.Replace("\r\n", "\n");

    // Runs the model once, on zeros and the smallest dims, and prints how its outputs begin.
    private static string Sample(LoopProgram program, string name, CSharpOptions options)
    {
        var text = new SourceWriter();
        text.Line($"using var model = new {options.FullName(name)}();");
        text.Line();
        var names = new Names("model");
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
            text.Line($"var {local} = new {CSharpTypes.Public(region.Element)}[{DimWriter.Write(region.Count, d => dims[d]).ToString().Replace(External.Math, nameof(Math))}];");
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

        return "// Runs the model once on zeros.\nusing System;\nusing System.Globalization;\nusing System.Linq;\n\n" + text;
    }
}
