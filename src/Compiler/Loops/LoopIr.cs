using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

// The loop IR: the seam of the product. Derived kernels, tuned kernels, C# and LLVM meet here.
//
// A kernel has buffers (typed memory, no two alias unless declared), integer scalars (the dims) and a body of structured statements: loops, ifs,
// mutable registers. There are no pointers and no gotos. Offsets into buffers are explicit element offsets of type i32; that every buffer has fewer
// than 2^31 elements is checked once, when memory is bound.
//
// Lanes are part of a value's type: `f32x16` is a vector, `f32` a scalar, and one Add serves both. Lanes are always concrete; before the
// Vectorise pass everything is scalar, and loops say what should become of them:
//   Serial    an ordinary loop
//   Parallel  iterations are independent; only outermost. On a CPU it becomes a function of (context, begin, end), on a GPU a grid
//   Unrolled  extent is a constant; the Unroll pass repeats the body, with the variable a constant
//   Vector    iterations are independent except for reductions into registers. The Vectorise pass turns the body into vector code: vectors side by
//             side for a small constant extent or an end of `min(L, rest)`, which becomes a mask; else a loop over whole vectors and a rest.
//             What cannot become vectors stays a loop; tiles that the variable subscripts need an extent with a known bound
// All four mean the same thing when executed one iteration after the other, which is what the interpreter does at every stage.
//
// Registers are `Local`s (mutable, single) and `Tile`s (small arrays of registers indexed by constants, unrolled and vector variables only). After
// Unroll and Vectorise, ExpandTiles replaces tiles by one local per entry. Emitters never see Unrolled or Vector loops, nor tiles: LoopPipeline is the
// list of passes between lowering and emitters.
//
// What a scalar operation means is the CoreOps table plus the few machine operations of MachineOps (fma, shifts, bit casts); exp and its kind are
// expanded into those by ExpandMath, from one polynomial each, so that all backends give the same bits. Products of 8- and 16-bit numbers (dot4, dot2) take
// several of them packed into one i32, so that a lane stays a lane: 16 lanes of i32 are 64 bytes. A backend spells them with one instruction or, from shifts and
// products, with several (PackedDots).
//
//   kernel conv_3(x: in f32[N*768], w: in f32[432], y: out f32[N*4096]; N: i32) "conv2d+relu"
//     parallel t in 0..N*4
//       local acc: f32x16 = splat16(0.0)
//       for k in 0..27
//         acc = fma(splat16(w[k]), x[t*64 + k ..16], acc)
//       y[t*64 ..16] = max(acc, splat16(0.0))
//
// The text form is made by LoopPrinter and read by LoopParser; a round trip gives the same text. LoopValidator says what a kernel must keep to.
namespace SparseDsl.Compiler.Loops;

/// <summary>Element type and number of lanes of a value.</summary>
/// <param name="Element">Type of one lane.</param>
/// <param name="Lanes">1 for a scalar, else a power of two.</param>
public readonly record struct LoopType(ElementType Element, int Lanes = 1)
{
    /// <summary>i32 scalar: indices and offsets.</summary>
    public static LoopType Index { get; } = new(ElementType.I32);

    /// <summary>The same element with other lanes.</summary>
    public LoopType WithLanes(int lanes) => new(Element, lanes);

    /// <inheritdoc/>
    public override string ToString() => Lanes == 1 ? Element.Name() : FormattableString.Invariant($"{Element.Name()}x{Lanes}");
}

/// <summary>A scalar or vector variable: loop variable, let, register, or dim of the model. Compared by reference.</summary>
public sealed class Variable(string name, LoopType type)
{
    /// <summary>Unique in its kernel; an identifier.</summary>
    public string Name { get; } = name;

    /// <summary>Type of the value.</summary>
    public LoopType Type { get; } = type;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>How a kernel uses a buffer.</summary>
public enum BufferAccess
{
    /// <summary>Only loaded.</summary>
    In,

    /// <summary>Stored; what was there before does not matter.</summary>
    Out,

    /// <summary>Loaded and stored.</summary>
    InOut,

    /// <summary>Memory of one iteration of the parallel loop (or of the kernel), undefined at first.</summary>
    Scratch,
}

/// <summary>A typed piece of memory. Compared by reference.</summary>
public sealed class Buffer(string name, ElementType element, Dim count, BufferAccess access)
{
    /// <summary>Unique in its kernel; an identifier.</summary>
    public string Name { get; } = name;

    /// <summary>Type of an element.</summary>
    public ElementType Element { get; } = element;

    /// <summary>Number of elements, over the kernel's scalars. Data-dependent lengths (non-zeros) are symbols too.</summary>
    public Dim Count { get; } = count;

    /// <summary>How it is used.</summary>
    public BufferAccess Access { get; } = access;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Operations of the loop IR beyond <see cref="CoreOps"/>: what machines have and the language does not say.</summary>
public static class MachineOps
{
    /// <summary>a * b + c with one rounding.</summary>
    public static CoreOp Fma { get; } = new("fma", 3, ResultRule.Same, a => (a[0] * a[1]) + a[2], Flops: 2);

    /// <summary>Integer a shifted left by b bits.</summary>
    public static CoreOp ShiftLeft { get; } = new("shl", 2, ResultRule.Same, a => (long)a[0] << (int)a[1]);

    /// <summary>Integer a shifted right by b bits; arithmetic for signed types, logical for unsigned.</summary>
    public static CoreOp ShiftRight { get; } = new("shr", 2, ResultRule.Same, a => (long)a[0] >> (int)a[1]);

    /// <summary>Bitwise and of integers.</summary>
    public static CoreOp BitAnd { get; } = new("bitand", 2, ResultRule.Same, a => (long)a[0] & (long)a[1]);

    /// <summary>Bitwise or of integers.</summary>
    public static CoreOp BitOr { get; } = new("bitor", 2, ResultRule.Same, a => (long)a[0] | (long)a[1]);

    /// <summary>Number of trailing zero bits of an integer; the width for 0.</summary>
    public static CoreOp TrailingZeros { get; } = new("ctz", 1, ResultRule.Same, a => CountTrailingZeros((long)a[0]));

    /// <summary>
    /// c + the products of the four bytes of a, unsigned, and the four bytes of b, signed; all i32, wrapping. The lowest byte is the first. One instruction where
    /// there is VNNI; exact everywhere, nothing saturates in between.
    /// </summary>
    public static CoreOp Dot4 { get; } = new("dot4", 3, ResultRule.Same, a => PackedOps.Mul4.Fold([a[0], a[1]]) + a[2], Flops: 8);

    /// <summary>
    /// c + the products of the two bf16 in the halves of a and of b: f32 of i32 and i32. The products are exact; the upper halves are added first, then the lower
    /// ones, each rounded to f32. One instruction where there is AVX512-BF16, which takes and gives subnormal numbers as 0.
    /// </summary>
    public static CoreOp Dot2 { get; } = new("dot2", 3, ResultRule.Last, a => PackedOps.Mul2.Fold([a[0], a[1]]) + a[2], Flops: 4);

    /// <summary>Every machine operation.</summary>
    public static ImmutableArray<CoreOp> All { get; } = [Fma, ShiftLeft, ShiftRight, BitAnd, BitOr, TrailingZeros, Dot4, Dot2];

    /// <summary>The machine or core operation with this name, or null.</summary>
    public static CoreOp? Find(string name) => All.FirstOrDefault(o => o.Name == name) ?? CoreOps.Find(name);

    private static double CountTrailingZeros(long value)
    {
        for (var bit = 0; bit < 32; bit++)
        {
            if (((value >> bit) & 1) != 0)
            {
                return bit;
            }
        }

        return 32;
    }
}

// ---------------------------------------------------------------------------------------------------------- expressions

/// <summary>A value. Immutable; compared by reference.</summary>
public abstract class LoopExpr
{
    private LoopExpr(LoopType type) => Type = type;

    /// <summary>Type of the value.</summary>
    public LoopType Type { get; }

    /// <summary>The direct subexpressions.</summary>
    public abstract ImmutableArray<LoopExpr> Children { get; }

    /// <summary>This node over other subexpressions, of possibly other lanes.</summary>
    public abstract LoopExpr WithChildren(ImmutableArray<LoopExpr> children);

    /// <summary>A number; with several lanes, all the same.</summary>
    public sealed class Const(double value, LoopType type) : LoopExpr(type)
    {
        /// <summary>The value; integers exactly.</summary>
        public double Value { get; } = value;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children => [];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => this;
    }

    /// <summary>The value of a variable.</summary>
    public sealed class Var(Variable variable) : LoopExpr(variable.Type)
    {
        /// <summary>The variable.</summary>
        public Variable Variable { get; } = variable;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children => [];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => this;
    }

    /// <summary>A core or machine operation, lane by lane. All operands have the lanes of the result.</summary>
    public sealed class Op(CoreOp operation, ImmutableArray<LoopExpr> arguments, LoopType type) : LoopExpr(type)
    {
        /// <summary>The operation.</summary>
        public CoreOp Operation { get; } = operation;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = arguments;

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new Op(Operation, children, Type.WithLanes(children[0].Type.Lanes));
    }

    /// <summary>A conversion, lane by lane: to an integer, truncated and saturated; to bool, <c>!= 0</c>.</summary>
    public sealed class Cast(ElementType element, LoopExpr operand) : LoopExpr(new LoopType(element, operand.Type.Lanes))
    {
        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [operand];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new Cast(Type.Element, children[0]);
    }

    /// <summary>The same bits as another type of the same size (f32 and i32).</summary>
    public sealed class BitCast(ElementType element, LoopExpr operand) : LoopExpr(new LoopType(element, operand.Type.Lanes))
    {
        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [operand];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new BitCast(Type.Element, children[0]);
    }

    /// <summary>A scalar in every lane.</summary>
    public sealed class Splat(LoopExpr operand, int lanes) : LoopExpr(operand.Type.WithLanes(lanes))
    {
        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [operand];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new Splat(children[0], Type.Lanes);
    }

    /// <summary>start, start + step, start + 2 step, …: i32.</summary>
    public sealed class Ramp(LoopExpr start, int step, int lanes) : LoopExpr(start.Type.WithLanes(lanes))
    {
        /// <summary>Difference of neighbouring lanes.</summary>
        public int Step { get; } = step;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [start];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new Ramp(children[0], Step, Type.Lanes);
    }

    /// <summary>
    /// Elements offset, offset + stride, … of a buffer, one for each lane. With a mask, lanes whose mask is false are not touched and give 0.
    /// </summary>
    public sealed class Load(Buffer buffer, LoopExpr offset, int lanes = 1, int stride = 1, LoopExpr? mask = null) : LoopExpr(new LoopType(buffer.Element, lanes))
    {
        /// <summary>The memory.</summary>
        public Buffer Buffer { get; } = buffer;

        /// <summary>Element offset of the first lane: i32 scalar.</summary>
        public LoopExpr Offset { get; } = offset;

        /// <summary>Distance of neighbouring lanes in elements.</summary>
        public int Stride { get; } = stride;

        /// <summary>bool with as many lanes, or null.</summary>
        public LoopExpr? Mask { get; } = mask;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = mask is null ? [offset] : [offset, mask];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) =>
            new Load(Buffer, children[0], Type.Lanes, Stride, children.Length > 1 ? children[1] : null);
    }

    /// <summary>One element for each lane, at arbitrary offsets (i32 vector). Masked lanes are not touched and give 0.</summary>
    public sealed class Gather(Buffer buffer, LoopExpr offsets, LoopExpr? mask = null) : LoopExpr(new LoopType(buffer.Element, offsets.Type.Lanes))
    {
        /// <summary>The memory.</summary>
        public Buffer Buffer { get; } = buffer;

        /// <summary>Element offsets.</summary>
        public LoopExpr Offsets { get; } = offsets;

        /// <summary>bool with as many lanes, or null.</summary>
        public LoopExpr? Mask { get; } = mask;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = mask is null ? [offsets] : [offsets, mask];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) =>
            new Gather(Buffer, children[0], children.Length > 1 ? children[1] : null);
    }

    /// <summary>All lanes combined to a scalar by a fixed halving tree: lanes i and i + n/2 first.</summary>
    public sealed class Horizontal(ReduceKind kind, LoopExpr operand) : LoopExpr(operand.Type.WithLanes(1))
    {
        /// <summary>How lanes combine.</summary>
        public ReduceKind Kind { get; } = kind;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [operand];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new Horizontal(Kind, children[0]);
    }

    /// <summary>True in the first n lanes, false in the others: the mask of a tail. n is an i32 scalar; at or above the lanes all are true.</summary>
    public sealed class FirstLanes(LoopExpr count, int lanes) : LoopExpr(new LoopType(ElementType.Bool, lanes))
    {
        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [count];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new FirstLanes(children[0], Type.Lanes);
    }

    /// <summary>The bits of an i32 scalar as a mask: lane i is bit i, from the lowest on. At most 32 lanes.</summary>
    public sealed class BitLanes(LoopExpr bits, int lanes) : LoopExpr(new LoopType(ElementType.Bool, lanes))
    {
        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [bits];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new BitLanes(children[0], Type.Lanes);
    }

    /// <summary>The number of bits that are set among the lowest of an i32 scalar: how many elements an <see cref="Expand"/> under those bits takes.</summary>
    public sealed class CountBits(LoopExpr bits, int count) : LoopExpr(LoopType.Index)
    {
        /// <summary>How many bits are looked at, 1 to 32.</summary>
        public int Count { get; } = count;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [bits];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new CountBits(children[0], Count);
    }

    /// <summary>
    /// Consecutive elements of a buffer from an offset on, one for each lane whose mask is true, in order; the other lanes are 0. As many elements are
    /// touched as lanes are true. The inverse of <see cref="Stmt.CompressStore"/>.
    /// </summary>
    public sealed class Expand(Buffer buffer, LoopExpr offset, LoopExpr mask) : LoopExpr(new LoopType(buffer.Element, mask.Type.Lanes))
    {
        /// <summary>The memory.</summary>
        public Buffer Buffer { get; } = buffer;

        /// <summary>Element offset of the first true lane: i32 scalar.</summary>
        public LoopExpr Offset { get; } = offset;

        /// <summary>bool with as many lanes.</summary>
        public LoopExpr Mask { get; } = mask;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = [offset, mask];

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new Expand(Buffer, children[0], children[1]);
    }

    /// <summary>An entry of a register tile; subscripts are i32 scalars that become constants.</summary>
    public sealed class TileGet(Tile tile, ImmutableArray<LoopExpr> subscripts) : LoopExpr(tile.Type)
    {
        /// <summary>The tile.</summary>
        public Tile Tile { get; } = tile;

        /// <inheritdoc/>
        public override ImmutableArray<LoopExpr> Children { get; } = subscripts;

        /// <inheritdoc/>
        public override LoopExpr WithChildren(ImmutableArray<LoopExpr> children) => new TileGet(Tile, children);
    }
}

/// <summary>A small array of registers. Compared by reference.</summary>
public sealed class Tile(string name, LoopType type, ImmutableArray<int> shape)
{
    /// <summary>Unique in its kernel.</summary>
    public string Name { get; } = name;

    /// <summary>Type of an entry.</summary>
    public LoopType Type { get; } = type;

    /// <summary>Extents.</summary>
    public ImmutableArray<int> Shape { get; } = shape;
}

// ----------------------------------------------------------------------------------------------------------- statements

/// <summary>What becomes of a loop.</summary>
public enum LoopKind
{
    /// <summary>An ordinary loop.</summary>
    Serial,

    /// <summary>Independent iterations, spread over threads; outermost only.</summary>
    Parallel,

    /// <summary>Repeated body; constant extent.</summary>
    Unrolled,

    /// <summary>Becomes lanes.</summary>
    Vector,
}

/// <summary>A statement. Immutable; compared by reference.</summary>
public abstract class Stmt
{
    private Stmt()
    {
    }

    /// <summary>Statements one after the other.</summary>
    public sealed class Block(ImmutableArray<Stmt> statements) : Stmt
    {
        /// <summary>The statements.</summary>
        public ImmutableArray<Stmt> Statements { get; } = statements;
    }

    /// <summary>Names a value; visible in the statements after it in the same block.</summary>
    public sealed class Let(Variable variable, LoopExpr value) : Stmt
    {
        /// <summary>The name.</summary>
        public Variable Variable { get; } = variable;

        /// <summary>The value.</summary>
        public LoopExpr Value { get; } = value;
    }

    /// <summary>Declares a mutable register with its first value; visible in the statements after it in the same block.</summary>
    public sealed class Local(Variable variable, LoopExpr value) : Stmt
    {
        /// <summary>The register.</summary>
        public Variable Variable { get; } = variable;

        /// <summary>The first value.</summary>
        public LoopExpr Value { get; } = value;
    }

    /// <summary>Gives a register a new value.</summary>
    public sealed class Assign(Variable variable, LoopExpr value) : Stmt
    {
        /// <summary>The register, declared by a <see cref="Local"/>.</summary>
        public Variable Variable { get; } = variable;

        /// <summary>The value.</summary>
        public LoopExpr Value { get; } = value;
    }

    /// <summary>Declares a tile, every entry with the same first value; visible in the statements after it in the same block.</summary>
    public sealed class DeclareTile(Tile tile, LoopExpr value) : Stmt
    {
        /// <summary>The tile.</summary>
        public Tile Tile { get; } = tile;

        /// <summary>First value of every entry.</summary>
        public LoopExpr Value { get; } = value;
    }

    /// <summary>Gives an entry of a tile a new value.</summary>
    public sealed class SetTile(Tile tile, ImmutableArray<LoopExpr> subscripts, LoopExpr value) : Stmt
    {
        /// <summary>The tile.</summary>
        public Tile Tile { get; } = tile;

        /// <summary>i32 scalars that become constants.</summary>
        public ImmutableArray<LoopExpr> Subscripts { get; } = subscripts;

        /// <summary>The value.</summary>
        public LoopExpr Value { get; } = value;
    }

    /// <summary>Declares scratch memory for the statements after it in the same block.</summary>
    public sealed class Scratch(Buffer buffer) : Stmt
    {
        /// <summary>Access is <see cref="BufferAccess.Scratch"/>; Count is constant.</summary>
        public Buffer Buffer { get; } = buffer;
    }

    /// <summary>Stores lanes at offset, offset + stride, …; masked lanes are not touched. The value's element is the buffer's.</summary>
    public sealed class Store(Buffer buffer, LoopExpr offset, LoopExpr value, int stride = 1, LoopExpr? mask = null) : Stmt
    {
        /// <summary>The memory.</summary>
        public Buffer Buffer { get; } = buffer;

        /// <summary>Element offset of the first lane: i32 scalar.</summary>
        public LoopExpr Offset { get; } = offset;

        /// <summary>The value.</summary>
        public LoopExpr Value { get; } = value;

        /// <summary>Distance of neighbouring lanes in elements.</summary>
        public int Stride { get; } = stride;

        /// <summary>bool with as many lanes, or null.</summary>
        public LoopExpr? Mask { get; } = mask;
    }

    /// <summary>A counted loop: variable = begin, begin + step, … while &lt; end. The variable is an i32 scalar.</summary>
    public sealed class For(LoopKind kind, Variable variable, LoopExpr begin, LoopExpr end, int step, Stmt body) : Stmt
    {
        /// <summary>What becomes of it.</summary>
        public LoopKind Kind { get; } = kind;

        /// <summary>The loop variable.</summary>
        public Variable Variable { get; } = variable;

        /// <summary>First value.</summary>
        public LoopExpr Begin { get; } = begin;

        /// <summary>End, not included.</summary>
        public LoopExpr End { get; } = end;

        /// <summary>Positive step; 1 for Vector, Unrolled and Parallel loops.</summary>
        public int Step { get; } = step;

        /// <summary>The body.</summary>
        public Stmt Body { get; } = body;
    }

    /// <summary>Repeats while a bool scalar holds.</summary>
    public sealed class While(LoopExpr condition, Stmt body) : Stmt
    {
        /// <summary>Tested before every round.</summary>
        public LoopExpr Condition { get; } = condition;

        /// <summary>The body.</summary>
        public Stmt Body { get; } = body;
    }

    /// <summary>Chooses by a bool scalar.</summary>
    public sealed class If(LoopExpr condition, Stmt then, Stmt? otherwise = null) : Stmt
    {
        /// <summary>The condition.</summary>
        public LoopExpr Condition { get; } = condition;

        /// <summary>Executed when it holds.</summary>
        public Stmt Then { get; } = then;

        /// <summary>Executed when it does not; may be null.</summary>
        public Stmt? Otherwise { get; } = otherwise;
    }

    /// <summary>Stores the lanes of a vector whose mask is true one after the other from an offset, and adds their number to a register.</summary>
    public sealed class CompressStore(Buffer buffer, Variable position, LoopExpr value, LoopExpr mask) : Stmt
    {
        /// <summary>The memory; whole vectors may be written past the last kept lane, up to the buffer's end.</summary>
        public Buffer Buffer { get; } = buffer;

        /// <summary>An i32 register: offset of the first kept lane; afterwards, one past the last.</summary>
        public Variable Position { get; } = position;

        /// <summary>The lanes.</summary>
        public LoopExpr Value { get; } = value;

        /// <summary>bool with as many lanes.</summary>
        public LoopExpr Mask { get; } = mask;
    }
}

/// <summary>One kernel: a function over buffers and dims without a result.</summary>
/// <param name="Name">Unique in its program; an identifier.</param>
/// <param name="Label">What it computes, for people: <c>conv2d+relu "stem.conv" 16x3x3x3</c>.</param>
/// <param name="Buffers">Memory, in the order in which callers bind it.</param>
/// <param name="Scalars">Dims of the model it mentions, as i32 variables named like the dims.</param>
/// <param name="Body">The statements.</param>
public sealed record Kernel(string Name, string Label, ImmutableArray<Buffer> Buffers, ImmutableArray<Variable> Scalars, Stmt Body);
