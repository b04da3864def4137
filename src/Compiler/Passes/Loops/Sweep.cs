using SparseDsl.Compiler.Loops;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Drops names that nothing reads.</summary>
internal static class Sweep
{
    /// <summary>The statement without lets that are not read and registers that are only written.</summary>
    public static Stmt Unread(Stmt statement)
    {
        while (true)
        {
            HashSet<Variable> read = [];
            foreach (var inner in statement.All())
            {
                // A register counts as read by others only: acc = acc + 1 alone keeps nothing alive.
                read.UnionWith(inner.Expressions().SelectMany(e => e.All()).OfType<LoopExpr.Var>().Select(v => v.Variable).Where(v => inner is not Stmt.Assign a || a.Variable != v));
                if (inner is Stmt.CompressStore compress)
                {
                    read.Add(compress.Position);
                }
            }

            var unread = statement.All().Any(s => IsUnread(s, read));
            if (!unread)
            {
                return statement;
            }

            statement = Without(statement, read);
        }
    }

    private static bool IsUnread(Stmt statement, HashSet<Variable> read) => statement switch
    {
        Stmt.Let s => !read.Contains(s.Variable),
        Stmt.Local s => !read.Contains(s.Variable),
        Stmt.Assign s => !read.Contains(s.Variable),
        _ => false,
    };

    private static Stmt Without(Stmt statement, HashSet<Variable> read) => statement is Stmt.Block block
        ? new Stmt.Block([.. block.Statements.Where(s => !IsUnread(s, read)).Select(s => Without(s, read))])
        : IsUnread(statement, read) ? new Stmt.Block([]) : statement.MapBodies(s => Without(s, read));
}
