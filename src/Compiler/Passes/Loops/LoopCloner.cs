using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Copies statements: what they declare gets new names, and chosen variables become values.</summary>
internal sealed class LoopCloner(LoopNames names)
{
    private readonly Dictionary<Variable, LoopExpr> values = [];
    private readonly Dictionary<Variable, Variable> variables = [];
    private readonly Dictionary<Tile, Tile> tiles = [];
    private readonly Dictionary<Buffer, Buffer> buffers = [];

    /// <summary>Makes reads of a variable this value.</summary>
    public void Replace(Variable variable, LoopExpr value) => values[variable] = value;

    /// <summary>Makes accesses to a buffer accesses to this one.</summary>
    public void Replace(Buffer buffer, Buffer value) => buffers[buffer] = value;

    public Stmt Clone(Stmt statement)
    {
        var expressions = statement.Expressions().Select(Clone).ToImmutableArray();
        switch (statement)
        {
            case Stmt.Let s:
                return new Stmt.Let(Declare(s.Variable), expressions[0]);
            case Stmt.Local s:
                return new Stmt.Local(Declare(s.Variable), expressions[0]);
            case Stmt.Assign s:
                return new Stmt.Assign(Of(s.Variable), expressions[0]);
            case Stmt.DeclareTile s:
                tiles[s.Tile] = new Tile(names.New(s.Tile.Name), s.Tile.Type, s.Tile.Shape);
                return new Stmt.DeclareTile(tiles[s.Tile], expressions[0]);
            case Stmt.SetTile s:
                return new Stmt.SetTile(Of(s.Tile), expressions.RemoveAt(expressions.Length - 1), expressions[expressions.Length - 1]);
            case Stmt.Scratch s:
                buffers[s.Buffer] = new Buffer(names.New(s.Buffer.Name), s.Buffer.Element, s.Buffer.Count, s.Buffer.Access);
                return new Stmt.Scratch(buffers[s.Buffer]);
            case Stmt.Store s:
                return new Stmt.Store(Of(s.Buffer), expressions[0], expressions[1], s.Stride, s.Mask is null ? null : expressions[2]);
            case Stmt.CompressStore s:
                return new Stmt.CompressStore(Of(s.Buffer), Of(s.Position), expressions[0], expressions[1]);
            case Stmt.For s:
                return new Stmt.For(s.Kind, Declare(s.Variable), expressions[0], expressions[1], s.Step, Clone(s.Body));
            default:
                return statement.WithExpressions(expressions).MapBodies(Clone);
        }
    }

    public LoopExpr Clone(LoopExpr expr) => expr.Rewrite(e => e switch
    {
        LoopExpr.Var v => values.TryGetValue(v.Variable, out var value) ? value : variables.TryGetValue(v.Variable, out var copy) ? copy.Read() : v,
        LoopExpr.Load l when buffers.ContainsKey(l.Buffer) => new LoopExpr.Load(Of(l.Buffer), l.Offset, l.Type.Lanes, l.Stride, l.Mask),
        LoopExpr.Gather g when buffers.ContainsKey(g.Buffer) => new LoopExpr.Gather(Of(g.Buffer), g.Offsets, g.Mask),
        LoopExpr.Expand x when buffers.ContainsKey(x.Buffer) => new LoopExpr.Expand(Of(x.Buffer), x.Offset, x.Mask),
        LoopExpr.TileGet t when tiles.ContainsKey(t.Tile) => new LoopExpr.TileGet(Of(t.Tile), t.Children),
        _ => e,
    });

    private Variable Declare(Variable variable) => variables[variable] = names.Variable(variable.Name, variable.Type);

    private Variable Of(Variable variable) => variables.TryGetValue(variable, out var copy) ? copy : variable;

    private Tile Of(Tile tile) => tiles.TryGetValue(tile, out var copy) ? copy : tile;

    private Buffer Of(Buffer buffer) => buffers.TryGetValue(buffer, out var copy) ? copy : buffer;
}
