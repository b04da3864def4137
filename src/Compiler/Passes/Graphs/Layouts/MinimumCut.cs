namespace SparseDsl.Compiler.Passes.Graphs.Layouts;

/// <summary>
/// The cheapest way to give every one of n things one of two sides, where a thing costs something on either side and two things cost something when they
/// differ: a minimum cut (Dinic 1970). Ties go to the first side, so the result is unique.
/// </summary>
internal sealed class MinimumCut
{
    private const double Least = 1e-9;

    private readonly List<Edge> edges = [];
    private readonly List<List<int>> leaving;
    private readonly int source;
    private readonly int sink;

    /// <param name="count">Number of things, numbered from 0.</param>
    public MinimumCut(int count)
    {
        source = count;
        sink = count + 1;
        leaving = [.. Enumerable.Range(0, count + 2).Select(_ => new List<int>())];
    }

    /// <summary>What a thing costs on the second side.</summary>
    public void CostsSecond(int thing, double cost) => Connect(thing, sink, cost);

    /// <summary>What a thing costs on the first side.</summary>
    public void CostsFirst(int thing, double cost) => Connect(source, thing, cost);

    /// <summary>What it costs when <paramref name="second"/> is on the second side and <paramref name="first"/> on the first.</summary>
    public void CostsApart(int second, int first, double cost) => Connect(second, first, cost);

    /// <summary>For every thing, whether it is on the second side.</summary>
    public bool[] Solve()
    {
        while (Levels() is { } levels)
        {
            var next = new int[leaving.Count];
            while (Push(source, double.PositiveInfinity, levels, next) > Least)
            {
            }
        }

        var reached = Reached();
        return [.. Enumerable.Range(0, source).Select(i => reached[i])];
    }

    // Second is the side of the source: what it costs there is cut from the sink.
    private void Connect(int from, int to, double capacity)
    {
        leaving[from].Add(edges.Count);
        edges.Add(new Edge(to, capacity));
        leaving[to].Add(edges.Count);
        edges.Add(new Edge(from, 0));
    }

    private int[]? Levels()
    {
        var levels = Enumerable.Repeat(-1, leaving.Count).ToArray();
        var queue = new Queue<int>([source]);
        levels[source] = 0;
        while (queue.Count > 0)
        {
            var at = queue.Dequeue();
            foreach (var edge in leaving[at].Select(e => edges[e]).Where(e => e.Capacity > Least && levels[e.To] < 0))
            {
                levels[edge.To] = levels[at] + 1;
                queue.Enqueue(edge.To);
            }
        }

        return levels[sink] < 0 ? null : levels;
    }

    private double Push(int at, double most, int[] levels, int[] next)
    {
        if (at == sink)
        {
            return most;
        }

        for (; next[at] < leaving[at].Count; next[at]++)
        {
            var number = leaving[at][next[at]];
            var edge = edges[number];
            if (edge.Capacity > Least && levels[edge.To] == levels[at] + 1 && Push(edge.To, Math.Min(most, edge.Capacity), levels, next) is > Least and var pushed)
            {
                edge.Capacity -= pushed;
                edges[number ^ 1].Capacity += pushed;
                return pushed;
            }
        }

        return 0;
    }

    private bool[] Reached()
    {
        var reached = new bool[leaving.Count];
        var stack = new Stack<int>([source]);
        reached[source] = true;
        while (stack.Count > 0)
        {
            foreach (var edge in leaving[stack.Pop()].Select(e => edges[e]).Where(e => e.Capacity > Least && !reached[e.To]))
            {
                reached[edge.To] = true;
                stack.Push(edge.To);
            }
        }

        return reached;
    }

    private sealed class Edge(int to, double capacity)
    {
        public int To { get; } = to;

        public double Capacity { get; set; } = capacity;
    }
}
