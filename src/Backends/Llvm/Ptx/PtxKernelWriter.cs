using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>
/// Writes the functions that a GPU runs for a kernel. Their parameters are the kernel's buffers, its dims and, where it needs any, scratch memory. The iterations of a
/// parallel loop are dealt out to warps in turn, so that a launch may have any number of them.
/// </summary>
internal sealed class PtxKernelWriter(Module module, Kernel kernel, string name, bool mayAlias)
{
    private const int ScratchAlign = 128;

    // What a block has without asking for more, and what leaves room for several blocks beside each other.
    private const long MostSharedBytes = 16 * 1024;
    private const int BlockWarps = PtxKernel.BlockThreads / PtxKernel.WarpThreads;

    /// <summary>Appends the functions.</summary>
    /// <returns>What they are, in the order in which they are launched.</returns>
    public IReadOnlyList<PtxKernel> Write()
    {
        var parts = PtxParts.Of(kernel, mayAlias);
        var outside = Place(parts.Scratch, out var kernelScratch);
        return [.. parts.Parts.Select((part, i) => Write(part, i == 0 ? name : $"{name}_{LlvmTypes.Digits(i + 1)}", parts.Names, outside, kernelScratch))];
    }

    private PtxKernel Write(PtxPart part, string function, IReadOnlyList<Stmt.Let> names, IReadOnlyList<(Buffer Buffer, long At)> outside, long kernelScratch)
    {
        var inside = Place(part.All.SelectMany(s => s.All()).OfType<Stmt.Scratch>().Select(s => s.Buffer), out var warpScratch);
        var isShared = warpScratch > 0 && warpScratch * BlockWarps <= MostSharedBytes;
        var f = new Function(module);
        var scope = new Scope { Exchange = WarpExchange.Of(part.All, mayAlias) };
        var parameters = Parameters(f, scope);
        Threads(f);
        if (part.Loop is null)
        {
            OnlyFirstWarp(f);
        }

        DeclareScratch(f, scope, outside, "%scratch", 0);
        if (isShared)
        {
            module.AddText($"@{function}_shared = internal addrspace(3) global [{LlvmTypes.Digits(warpScratch * BlockWarps)} x i8] undef, align {LlvmTypes.Digits(ScratchAlign)}\n\n");
            f.Assign("%shared", $"getelementptr i8, ptr addrspacecast (ptr addrspace(3) @{function}_shared to ptr), i64 {f.Set($"mul i64 %warp.inside, {LlvmTypes.Digits(warpScratch)}")}");
            DeclareScratch(f, scope, inside, "%shared", 0);
        }
        else if (warpScratch > 0)
        {
            f.Assign("%own", $"getelementptr i8, ptr %scratch, i64 {f.Set($"mul i64 %warp, {LlvmTypes.Digits(warpScratch)}")}");
            DeclareScratch(f, scope, inside, "%own", kernelScratch);
        }

        var writer = new StatementWriter(f, scope);
        foreach (var statement in names.Concat(part.Statements))
        {
            writer.Write(statement);
        }

        if (part.Loop is { } loop)
        {
            Spread(f, scope, writer, loop);
        }

        f.Do("ret void");
        var result = new PtxKernel(
            function, kernel, part.Loop is null ? PtxCount.One : PtxCount.Of(part.Loop, names.ToDictionary(n => n.Variable, n => n.Value)), outside.Count == 0 ? 0 : kernelScratch, isShared ? 0 : warpScratch);
        if (result.HasScratch)
        {
            parameters.Add("ptr %scratch");
        }

        module.Add(kernel.Label, $"ptx_kernel void @{function}({string.Join(", ", parameters)})", f);
        return result;
    }

    // ----------------------------------------------------------------------------------------------- where a thread is

    private List<string> Parameters(Function f, Scope scope)
    {
        var parameters = new List<string>();
        foreach (var buffer in kernel.Buffers)
        {
            var parameter = $"%p{LlvmTypes.Digits(parameters.Count)}";
            var isOwn = !mayAlias && !scope.Exchange!.Has(buffer);
            parameters.Add($"ptr {(isOwn ? "noalias " : "")}{(isOwn && buffer.Access == BufferAccess.In ? "readonly " : "")}{parameter}");
            scope.Declare(buffer, parameter);
        }

        foreach (var scalar in kernel.Scalars)
        {
            var parameter = $"%p{LlvmTypes.Digits(parameters.Count)}";
            parameters.Add($"i32 {parameter}");
            scope.Declare(scalar, new Place(null, Wide: f.Set($"zext i32 {parameter} to i64")), 0);
            scope.NonNegative.Add(scalar);
        }

        return parameters;
    }

    private static void Threads(Function f)
    {
        var thread = Register(f, "tid");
        f.Assign(WarpWriter.Lane, $"and i32 {thread}, {LlvmTypes.Digits(WarpWriter.Lanes - 1)}");
        f.Assign(WarpWriter.WideLane, $"zext i32 {WarpWriter.Lane} to i64");
        f.Assign("%warp.inside", $"zext i32 {f.Set($"lshr i32 {thread}, 5")} to i64");
        var warps = f.Set($"lshr i32 {Register(f, "ntid")}, 5");
        f.Assign("%warps", $"zext i32 {f.Set($"mul i32 {Register(f, "nctaid")}, {warps}")} to i64");
        f.Assign("%warp", $"add i64 {f.Set($"zext i32 {f.Set($"mul i32 {Register(f, "ctaid")}, {warps}")} to i64")}, %warp.inside");
    }

    private static string Register(Function f, string name)
    {
        f.Module.Declare("i32", $"llvm.nvvm.read.ptx.sreg.{name}.x", []);
        return f.Set($"call i32 @llvm.nvvm.read.ptx.sreg.{name}.x()");
    }

    private static void OnlyFirstWarp(Function f)
    {
        var (first, others) = (f.NewBlock("first"), f.NewBlock("others"));
        f.Branch(f.Set("icmp eq i64 %warp, 0"), first, others);
        f.Begin(others);
        f.Do("ret void");
        f.Begin(first);
    }

    private static void Spread(Function f, Scope scope, StatementWriter writer, Stmt.For loop)
    {
        var begin = writer.Values.Index(loop.Begin);
        var end = writer.Values.Index(loop.End);
        if (scope.NonNegative.Holds(loop.Begin))
        {
            scope.NonNegative.Add(loop.Variable);
        }

        writer.Count(loop.Variable, f.Set($"add nsw i64 {begin}, %warp"), end, "%warps", loop.Body);
    }

    // --------------------------------------------------------------------------------------------------------- scratch

    private static List<(Buffer Buffer, long At)> Place(IEnumerable<Buffer> buffers, out long bytes)
    {
        var places = new List<(Buffer, long)>();
        bytes = 0;
        foreach (var buffer in buffers)
        {
            places.Add((buffer, bytes));
            var size = buffer.Count.Constant * buffer.Element.Size() ?? throw new CompilerBugException($"the scratch buffer '{buffer.Name}' has no constant size");
            bytes += (Math.Max(1, size) + ScratchAlign - 1) / ScratchAlign * ScratchAlign;
        }

        return places;
    }

    private static void DeclareScratch(Function f, Scope scope, IEnumerable<(Buffer Buffer, long At)> places, string start, long offset)
    {
        foreach (var (buffer, at) in places)
        {
            scope.Declare(buffer, f.Set($"getelementptr i8, ptr {start}, i64 {LlvmTypes.Digits(offset + at)}"));
        }
    }
}
