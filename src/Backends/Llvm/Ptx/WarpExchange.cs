using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler.Loops;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>
/// Keeps the threads of a warp in order where one may read or overwrite what another stored: a kernel says that a store is over before the statement after it, threads
/// of a warp do not. What only one thread touches needs no order, so it matters for few buffers.
/// </summary>
/// <remarks>
/// A buffer that is only stored needs order where one element is stored twice, as zeros first. Kernels do so with vectors of one width after the other, or with one value
/// (the last vector of a row that is no multiple of it), so there only stores of another width, or from another part of the control flow, wait.
/// </remarks>
internal sealed class WarpExchange
{
    private readonly Dictionary<Buffer, State> states;

    private WarpExchange(IEnumerable<Buffer> stored, Func<Buffer, bool> isRead) => states = stored.Distinct().ToDictionary(b => b, b => new State { IsRead = isRead(b) });

    private sealed class State
    {
        public bool IsRead { get; init; }

        public bool MayHaveRead { get; set; }

        public bool MayHaveWritten { get; set; }

        public (int Lanes, int Stride) Written { get; set; }
    }

    /// <summary>The buffers of statements that several threads may reach the same element of.</summary>
    /// <param name="statements">Everything that one launch executes.</param>
    /// <param name="mayAlias">Whether two buffers may be the same memory.</param>
    public static WarpExchange Of(IEnumerable<Stmt> statements, bool mayAlias)
    {
        var all = statements.SelectMany(s => s.All()).ToList();
        List<LoopExpr> values = [.. all.SelectMany(s => s.Expressions()).SelectMany(e => e.All())];
        var written = all.Where(s => s is not Stmt.Scratch).Select(s => s.Writes()).OfType<Buffer>().ToList();
        var read = values.Select(v => v.Reads()).OfType<Buffer>().ToHashSet();
        if (mayAlias)
        {
            // Element by element, whole vectors: every thread reads and writes its own elements.
            var isWhole = values.Where(v => v.Reads() is not null).Select(v => v.Type.Lanes).Concat(all.OfType<Stmt.Store>().Select(s => s.Value.Type.Lanes)).All(l => l == WarpWriter.Lanes);
            return new WarpExchange(isWhole ? [] : written.Concat(read), _ => true);
        }

        return new WarpExchange(written.GroupBy(b => b).Where(g => g.Count() > 1 || read.Contains(g.Key)).Select(g => g.Key), read.Contains);
    }

    /// <summary>Whether threads of a warp may meet in a buffer.</summary>
    public bool Has(Buffer buffer) => states.ContainsKey(buffer);

    /// <summary>What a load needs before it.</summary>
    public void Read(Function f, Buffer buffer)
    {
        if (states.TryGetValue(buffer, out var state))
        {
            // Any of them: under two names it may be the same memory.
            if (states.Values.Any(s => s.MayHaveWritten && s.IsRead))
            {
                Synchronise(f);
            }

            state.MayHaveRead = true;
        }
    }

    /// <summary>What a store needs before it.</summary>
    public void Write(Function f, Buffer buffer, int lanes, int stride)
    {
        if (states.TryGetValue(buffer, out var state))
        {
            if (state.IsRead ? states.Values.Any(s => s.IsRead && (s.MayHaveRead || s.MayHaveWritten)) : state.MayHaveWritten && state.Written != (lanes, stride))
            {
                Synchronise(f);
            }

            (state.MayHaveWritten, state.Written) = (true, (lanes, stride));
        }
    }

    /// <summary>Control came here from several places.</summary>
    public void Joined()
    {
        foreach (var state in states.Values)
        {
            (state.MayHaveRead, state.MayHaveWritten, state.Written) = (state.IsRead, true, default);
        }
    }

    private void Synchronise(Function f)
    {
        f.CallVoid("llvm.nvvm.bar.warp.sync", "i32 -1");
        foreach (var state in states.Values)
        {
            (state.MayHaveRead, state.MayHaveWritten) = (false, false);
        }
    }
}
