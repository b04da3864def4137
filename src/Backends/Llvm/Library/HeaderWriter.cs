using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>Writes the C header of a library, with its documentation.</summary>
internal sealed class HeaderWriter(IReadOnlyList<LibraryLevel> levels, CNames names)
{
    private readonly LoopProgram program = levels[0].Program;

    private string Name => names.Library;

    private bool HasWeights => program.Regions.Any(r => r is Region.Weight);

    /// <summary>The text of the header.</summary>
    public string Write() => $$"""
        /* The model {{program.Name}} as a library for {{string.Join(", ", levels.Select(l => l.Cpu.Name))}}, written by SparseDsl. It is C99 and C++.
         *
         *     {{Name}}_context *context;
         *     {{Name}}_create({{(HasWeights ? "weights, size" : "NULL, 0")}}, &context);
         *     {{Name}}_run(context, {{string.Join(", ", Arguments())}});
         *     {{Name}}_destroy(context);
         *
         * Threads: contexts are independent of each other and may share the memory of weights; give every thread one of its own. A call on a context that
         * another thread is using returns {{names.Constants}}_BUSY and does nothing.
         * The library uses aligned_alloc, free, memset and memcpy of the C library, and functions of libm when the model computes in f64.
         */
        #ifndef {{names.Constants}}_H
        #define {{names.Constants}}_H

        #include <stddef.h>
        #include <stdint.h>

        #ifdef __cplusplus
        extern "C" {
        #endif

        /* What functions return. */
        enum {
            {{names.Constants}}_OK = 0,
            {{names.Constants}}_OUT_OF_MEMORY = 1, /* memory for the context, or for temporaries of these dims, is not to be had */
            {{names.Constants}}_BAD_WEIGHTS = 2,   /* the bytes are no whole file of packed weights as it was written, or an array is missing or of another length */
            {{names.Constants}}_OTHER_WEIGHTS = 3, /* the weights were packed for another model, or for another version of this one, or for other processors */
            {{names.Constants}}_BAD_DIM = 4,       /* a dim is outside its range, or a tensor would have 2^31 elements or more */
            {{names.Constants}}_BUSY = 5,          /* another call on this context has not returned yet */
            {{names.Constants}}_NULL = 6,          /* the context, or the place for it, is null */
            {{names.Constants}}_OTHER_PROCESSOR = 7 /* this machine does not run the level asked for, or any level of the library */
        };

        /* Levels: the processors that the library has code for. {{Levels}} */
        enum {
        {{string.Join(",\n", levels.Select((l, i) => $"    {names.Constants}_LEVEL_{CNames.Identifier(l.Cpu.Name).ToUpperInvariant()} = {LlvmTypes.Digits(i)}"))}}
        };

        /* The best level that this machine runs, which create takes; -1 for none. */
        int32_t {{Name}}_level(void);

        /* The name of a level: "{{levels[levels.Count - 1].Cpu.Name}}"; null for a number that is none. */
        const char *{{Name}}_level_name(int32_t level);

        /* Memory of one caller: temporaries, and states between calls. */
        typedef struct {{Name}}_context {{Name}}_context;

        /* Makes a context. weights: {{(HasWeights ? $"the bytes of {Name}.sdw; they stay in place and unchanged for as long as contexts use them, best at a multiple of 64" : "not needed, null")}}.
         * size: how many; all are read once and their checksums compared. created: where the context is put; null after a failure. */
        int32_t {{Name}}_create(const void *weights, size_t size, {{Name}}_context **created);

        /* As create, for a level that need not be the best; results of different levels differ by rounding. */
        int32_t {{Name}}_create_at(int32_t level, const void *weights, size_t size, {{Name}}_context **created);

        /* Computes the outputs. Tensors are row-major and may begin anywhere; an output shares no memory with another tensor.
        {{Documentation()}} */
        int32_t {{Name}}_run({{Name}}_context *context{{string.Concat(Parameters().Select(p => ", " + p))}});

        /* Runs parallel loops: calls body(context, begin, end) until every number of [0, count) was in one part, on any threads, and returns when all calls have.
         * uneven: whether parts of equal length cost different times, so that threads should take small parts as they become free. */
        typedef void (*{{Name}}_parallel_for)(void *user, void (*body)(void *context, int32_t begin, int32_t end), void *context, int32_t count, int32_t uneven);

        /* Says who runs parallel loops of a context; null is the caller's thread alone. user: handed to function as it is. */
        int32_t {{Name}}_set_parallel({{Name}}_context *context, {{Name}}_parallel_for function, void *user);

        /* Sets the states of the model to zero. */
        int32_t {{Name}}_reset({{Name}}_context *context);

        /* Frees a context, not its weights. Null is allowed. */
        void {{Name}}_destroy({{Name}}_context *context);

        #ifdef __cplusplus
        }
        #endif

        #endif

        """.ReplaceLineEndings("\n");

    private string Levels => levels[0].Cpu.Architecture == LlvmArchitecture.X64
        ? "Which of them a machine runs is found out by\n * cpuid; of one that is no level of x86-64, the level of its vectors is asked for."
        : "Which of them a machine runs is found out by\n * identification registers, which Linux lets programs read from 4.11 on; for SVE the length of its registers must be that of the level.";

    private IEnumerable<Region> Tensors => program.Regions.Where(r => r is Region.Input).Concat(program.Regions.Where(r => r is Region.Output));

    private IEnumerable<string> Arguments() => Tensors.Select(t => names[t]).Concat(program.Dims.Select(d => names[d]));

    private IEnumerable<string> Parameters() => Tensors.Select(t => $"{(t is Region.Input ? "const " : "")}{CNames.Type(t.Element)} *{names[t]}")
        .Concat(program.Dims.Select(d => $"int32_t {names[d]}"));

    private string Documentation()
    {
        var tensors = Tensors.Select(t => $" * {names[t]}: {(t is Region.Input ? "read" : "written")}, {TypeOf(t)}{Bits(t.Element)}.");
        var dims = program.Dims.Select(d => $" * {names[d]}: {LlvmTypes.Digits(d.Low)} to {LlvmTypes.Digits(d.High)}{(d.Step == 1 ? "" : $", a multiple of {LlvmTypes.Digits(d.Step)}")}.");
        return string.Join("\n", tensors.Concat(dims));
    }

    private static string Bits(ElementType element) => element switch
    {
        ElementType.F16 => ", binary16 bits",
        ElementType.BF16 => ", bfloat16 bits",
        ElementType.Bool => ", bytes of 0 or 1",
        _ => "",
    };

    private static TensorType TypeOf(Region region) => region is Region.Input input ? input.Type : ((Region.Output)region).Type;
}
