// Library members newer than netstandard2.0 that the compiler's code uses under their usual names. Internal, and compiled
// into every project that targets netstandard2.0; on net10.0 the real ones are used.
#if NETSTANDARD2_0
using System.Diagnostics.CodeAnalysis;

namespace SparseDsl;

/// <summary>Members of collections and strings.</summary>
internal static class PolyfillExtensions
{
    public static void Deconstruct<TKey, TValue>(this KeyValuePair<TKey, TValue> pair, out TKey key, out TValue value)
    {
        key = pair.Key;
        value = pair.Value;
    }

    public static bool TryAdd<TKey, TValue>(this Dictionary<TKey, TValue> dictionary, TKey key, TValue value)
        where TKey : notnull
    {
        if (dictionary.ContainsKey(key))
            return false;
        dictionary.Add(key, value);
        return true;
    }

    public static TValue? GetValueOrDefault<TKey, TValue>(this IReadOnlyDictionary<TKey, TValue> dictionary, TKey key)
        where TKey : notnull =>
        dictionary.TryGetValue(key, out TValue? value) ? value : default;

    public static TValue GetValueOrDefault<TKey, TValue>(
        this IReadOnlyDictionary<TKey, TValue> dictionary, TKey key, TValue missing)
        where TKey : notnull =>
        dictionary.TryGetValue(key, out TValue? value) ? value : missing;

    public static bool TryPop<T>(this Stack<T> stack, [MaybeNullWhen(false)] out T item)
    {
        bool any = stack.Count > 0;
        item = any ? stack.Pop() : default;
        return any;
    }

    public static bool TryPeek<T>(this Stack<T> stack, [MaybeNullWhen(false)] out T item)
    {
        bool any = stack.Count > 0;
        item = any ? stack.Peek() : default;
        return any;
    }

    public static bool TryDequeue<T>(this Queue<T> queue, [MaybeNullWhen(false)] out T item)
    {
        bool any = queue.Count > 0;
        item = any ? queue.Dequeue() : default;
        return any;
    }

    public static HashSet<T> ToHashSet<T>(this IEnumerable<T> items) => new(items);

    public static HashSet<T> ToHashSet<T>(this IEnumerable<T> items, IEqualityComparer<T> comparer) => new(items, comparer);

    public static IEnumerable<T> Order<T>(this IEnumerable<T> items, IComparer<T>? comparer = null) =>
        items.OrderBy(item => item, comparer ?? Comparer<T>.Default);

    public static IEnumerable<(TFirst First, TSecond Second)> Zip<TFirst, TSecond>(
        this IEnumerable<TFirst> first, IEnumerable<TSecond> second) =>
        first.Zip(second, (a, b) => (a, b));

    public static IEnumerable<(int Index, T Item)> Index<T>(this IEnumerable<T> items) =>
        items.Select((item, index) => (index, item));

    public static IEnumerable<T> DistinctBy<T, TKey>(this IEnumerable<T> items, Func<T, TKey> key)
    {
        HashSet<TKey> seen = [];
        foreach (T item in items)
        {
            if (seen.Add(key(item)))
                yield return item;
        }
    }

    public static bool Contains(this string text, char value) => text.IndexOf(value) >= 0;

    public static bool Contains(this string text, string value, StringComparison comparison) =>
        text.IndexOf(value, comparison) >= 0;

    public static bool StartsWith(this string text, char value) => text.Length > 0 && text[0] == value;

    public static bool EndsWith(this string text, char value) => text.Length > 0 && text[^1] == value;

    public static string[] Split(this string text, char separator, StringSplitOptions options) =>
        text.Split([separator], options);

    /// <summary>Only the ordinal comparison, which is what string.Replace does anyway.</summary>
    public static string Replace(this string text, string from, string to, StringComparison comparison) =>
        comparison == StringComparison.Ordinal
            ? text.Replace(from, to)
            : throw new ArgumentOutOfRangeException(nameof(comparison));
}

/// <summary>Static members of library types, callable under the type's own name.</summary>
internal static class PolyfillStatics
{
    private const string MinAboveMax = "the lower bound is above the upper bound";

    extension(Math)
    {
        public static int Clamp(int value, int min, int max) =>
            min <= max ? Math.Min(Math.Max(value, min), max) : throw new ArgumentException(MinAboveMax, nameof(min));

        public static long Clamp(long value, long min, long max) =>
            min <= max ? Math.Min(Math.Max(value, min), max) : throw new ArgumentException(MinAboveMax, nameof(min));

        public static double Clamp(double value, double min, double max) =>
            min <= max ? Math.Min(Math.Max(value, min), max) : throw new ArgumentException(MinAboveMax, nameof(min));
    }

    extension(BitConverter)
    {
        public static unsafe int SingleToInt32Bits(float value) => *(int*)&value;

        public static unsafe float Int32BitsToSingle(int bits) => *(float*)&bits;
    }

    extension(string)
    {
        public static string Join(char separator, IEnumerable<string> parts) => string.Join(separator.ToString(), parts);

        public static string Join(char separator, params string[] parts) => string.Join(separator.ToString(), parts);
    }
}
#endif
