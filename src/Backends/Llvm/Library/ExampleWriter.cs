using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>Writes a C program that runs a library once on made-up inputs, and the lines of CMake that build it.</summary>
internal sealed class ExampleWriter(LoopProgram program, CNames names)
{
    private string Name => names.Library;

    private bool HasWeights => program.Regions.Any(r => r is Region.Weight);

    private IEnumerable<Region> Inputs => program.Regions.Where(r => r is Region.Input);

    private IEnumerable<Region> Outputs => program.Regions.Where(r => r is Region.Output);

    /// <summary><c>example.c</c></summary>
    public string Program() => $$"""
        /* Runs the model {{program.Name}} once on made-up inputs, and prints the first elements of its outputs. */
        #include <stdio.h>
        #include <stdlib.h>

        #include "{{Name}}.h"
        {{(HasWeights ? Reader : "")}}
        int main({{(HasWeights ? "int count, char **arguments" : "void")}})
        {
        {{Dims()}}    int32_t status;
            {{Name}}_context *context;
        {{(HasWeights ? Load() : "")}}{{string.Concat(Inputs.Concat(Outputs).Select(Declare))}}
            status = {{Name}}_create({{(HasWeights ? "weights, size" : "NULL, 0")}}, &context);
            if (status != {{names.Constants}}_OK) {
                fprintf(stderr, "create: status %d\n", (int)status);
                return 1;
            }

        {{string.Concat(Inputs.Select(Fill))}}    status = {{Name}}_run(context, {{string.Join(", ", Inputs.Concat(Outputs).Select(t => names[t]).Concat(program.Dims.Select(d => names[d])))}});
            if (status != {{names.Constants}}_OK) {
                fprintf(stderr, "run: status %d\n", (int)status);
                return 1;
            }

        {{string.Concat(Outputs.Select(Print))}}    {{Name}}_destroy(context);
        {{string.Concat(Inputs.Concat(Outputs).Select(t => $"    free({names[t]});\n"))}}{{(HasWeights ? "    free(weights);\n" : "")}}    return 0;
        }

        """.ReplaceLineEndings("\n");

    /// <summary><c>CMakeLists.txt</c></summary>
    public string CMake() => $$"""
        # Add these lines to a project, or build the example as it is: cmake -B build && cmake --build build
        cmake_minimum_required(VERSION 3.13)
        project({{Name}}_example C)

        add_library({{Name}} SHARED IMPORTED)
        set_target_properties({{Name}} PROPERTIES
            IMPORTED_LOCATION ${CMAKE_CURRENT_LIST_DIR}/lib{{Name}}.so
            INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_LIST_DIR})

        add_executable(example example.c)
        target_link_libraries(example PRIVATE {{Name}} m)

        """.ReplaceLineEndings("\n");

    private string Reader => """

        /* The bytes of a file, or null. */
        static void *read_file(const char *path, size_t *size)
        {
            FILE *file = fopen(path, "rb");
            void *data = NULL;
            long length;
            if (file == NULL) {
                return NULL;
            }

            if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0) {
                *size = (size_t)length;
                data = aligned_alloc(64, (*size + 63) / 64 * 64);
                if (data != NULL && fread(data, 1, *size, file) != *size) {
                    free(data);
                    data = NULL;
                }
            }

            fclose(file);
            return data;
        }

        """;

    private string Load() => $$"""
            size_t size = 0;
            void *weights = read_file(count > 1 ? arguments[1] : "{{Name}}.sdw", &size);
            if (weights == NULL) {
                fprintf(stderr, "the weights cannot be read; usage: example {{Name}}.sdw\n");
                return 1;
            }


        """;

    private string Dims() => string.Concat(program.Dims.Select(d => $"    int32_t {names[d]} = {LlvmTypes.Digits(d.SmallestUseful)};\n"));

    private string Declare(Region tensor)
    {
        var type = CNames.Type(tensor.Element);
        return $"    size_t {names[tensor]}_count = {Count(tensor.Count)};\n    {type} *{names[tensor]} = malloc(({names[tensor]}_count + 1) * sizeof({type}));\n";
    }

    private string Fill(Region tensor)
    {
        var value = tensor.Element switch
        {
            ElementType.F32 or ElementType.F64 => "(int)(i % 7) * 0.125f - 0.25f",
            ElementType.Bool => "i % 2",
            ElementType.F16 => "0x3000 + i % 7",
            ElementType.BF16 => "0x3e00 + i % 7",
            _ => "i % 5",
        };
        return $"    for (size_t i = 0; i < {names[tensor]}_count; i++) {{\n        {names[tensor]}[i] = {value};\n    }}\n\n";
    }

    private string Print(Region tensor)
    {
        var (format, cast) = tensor.Element is ElementType.F32 or ElementType.F64 ? (" %.9g", "double") : (" %lld", "long long");
        var name = names[tensor];
        return $"    printf(\"{name}:\");\n    for (size_t i = 0; i < {name}_count && i < 16; i++) {{\n        printf(\"{format}\", ({cast}){name}[i]);\n    }}\n\n    printf(\"\\n\");\n";
    }

    private string Count(Dim dim)
    {
        var terms = dim.Terms().Select(t => string.Join(" * ", t.Factors.Select(Atom).Prepend($"{LlvmTypes.Digits(t.Coefficient)}LL")));
        return $"(size_t)({string.Join(" + ", terms.DefaultIfEmpty("0"))})";
    }

    private string Atom(Dim.Atom atom) => atom.Kind switch
    {
        Dim.AtomKind.Symbol => names[program.Dims.Single(d => d.Name == atom.Name)],
        Dim.AtomKind.FloorDiv => $"(({Count(atom.Left!)}) / ({Count(atom.Right!)}))",
        Dim.AtomKind.Mod => $"(({Count(atom.Left!)}) % ({Count(atom.Right!)}))",
        Dim.AtomKind.Min => $"({Count(atom.Left!)} < {Count(atom.Right!)} ? {Count(atom.Left!)} : {Count(atom.Right!)})",
        _ => $"({Count(atom.Left!)} > {Count(atom.Right!)} ? {Count(atom.Left!)} : {Count(atom.Right!)})",
    };
}
