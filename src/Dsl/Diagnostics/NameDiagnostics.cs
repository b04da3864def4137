using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD2xxx: names, shapes and types.</summary>
public static class NameDiagnostics
{
    /// <summary>There is no '{0}' here.</summary>
    public static readonly DiagnosticDescriptor UnknownName = new(
        "SD2001", Severity.Error,
        "there is no '{0}' here",
        "{1}",
        "model M() { input x: f32[4]\n output y = relv(x) }");

    /// <summary>'{0}' is declared twice in this module.</summary>
    public static readonly DiagnosticDescriptor DuplicateItem = new(
        "SD2002", Severity.Error,
        "'{0}' is declared twice in this module",
        "rename one of them",
        "const a = 1\nconst a = 2");

    /// <summary>'{0}' is declared twice in this model.</summary>
    public static readonly DiagnosticDescriptor DuplicateName = new(
        "SD2003", Severity.Error,
        "'{0}' is declared twice in this model",
        "rename one of them",
        "model M() { input x: f32[4]\n input x: f32[4]\n output y = x }");

    /// <summary>There is no module '{0}'.</summary>
    public static readonly DiagnosticDescriptor UnknownModule = new(
        "SD2004", Severity.Error,
        "there is no module '{0}'",
        "modules of the library are std.nn, std.layers, std.attention and std.formats; other modules are files beside this one",
        "import std.nope\nconst a = 1");

    /// <summary>'{0}' needs {1} of {2} to be equal, but {3}.</summary>
    public static readonly DiagnosticDescriptor ShapeMismatch = new(
        "SD2005", Severity.Error,
        "'{0}' needs {1} of {2} to be equal, but {3}",
        "check the shapes of the operands",
        "import std.nn\nmodel M() { input x: f32[4, 5]\n input w: f32[6, 7]\n output y = matmul(x, w) }");

    /// <summary>'{0}' takes {1} with {2} indices, but it has shape {3}.</summary>
    public static readonly DiagnosticDescriptor RankMismatch = new(
        "SD2006", Severity.Error,
        "'{0}' takes {1} with {2} indices, but it has shape {3}",
        "reshape it, or index it",
        "import std.nn\nmodel M() { input x: f32[4]\n input w: f32[6, 7]\n output y = matmul(x, w) }");

    /// <summary>Shapes {0} and {1} do not go together.</summary>
    public static readonly DiagnosticDescriptor CannotBroadcast = new(
        "SD2007", Severity.Error,
        "shapes {0} and {1} do not go together",
        "extents must be equal or 1, counted from the last index",
        "model M() { input x: f32[4, 5]\n input y: f32[4]\n output z = x + y }");

    /// <summary>'{0}' needs an argument for '{1}'.</summary>
    public static readonly DiagnosticDescriptor MissingArgument = new(
        "SD2008", Severity.Error,
        "'{0}' needs an argument for '{1}'",
        "it is {2}",
        "import std.nn\nmodel M() { input x: f32[4, 5]\n output y = matmul(x) }");

    /// <summary>'{0}' takes {1} arguments, not {2}.</summary>
    public static readonly DiagnosticDescriptor TooManyArguments = new(
        "SD2009", Severity.Error,
        "'{0}' takes {1} arguments, not {2}",
        "it is {3}",
        "import std.nn\nmodel M() { input x: f32[4, 5]\n output y = relu(x, 1, 2) }");

    /// <summary>'{0}' has no argument '{1}'.</summary>
    public static readonly DiagnosticDescriptor UnknownArgument = new(
        "SD2010", Severity.Error,
        "'{0}' has no argument '{1}'",
        "{2}",
        "import std.nn\nmodel M() { input x: f32[4, 5]\n output y = softmax(x, axes: 1) }");

    /// <summary>Expected {0}, found {1}.</summary>
    public static readonly DiagnosticDescriptor WrongKind = new(
        "SD2011", Severity.Error,
        "expected {0}, found {1}",
        "{2}",
        "model M() { input x: f32[4, \"a\"]\n output y = x }");

    /// <summary>'{0}' is {1} and cannot be called.</summary>
    public static readonly DiagnosticDescriptor NotCallable = new(
        "SD2012", Severity.Error,
        "'{0}' is {1} and cannot be called",
        "only operators, functions, layers and masks are called",
        "const a = 1\nmodel M() { input x: f32[4]\n output y = a(x) }");

    /// <summary>'{0}' has no extent here: no operand is indexed by it alone.</summary>
    public static readonly DiagnosticDescriptor NotAnIndex = new(
        "SD2013", Severity.Error,
        "'{0}' has no extent here: no operand is indexed by it alone",
        "write its extent: '{0} < n'",
        "op f(x[i]) -> y[i] = sum(k) x[i + k]\nmodel M() { input x: f32[4]\n output y = f(x) }");

    /// <summary>The extent of '{0}' does not follow from the operands.</summary>
    public static readonly DiagnosticDescriptor CannotInferExtent = new(
        "SD2014", Severity.Error,
        "the extent of '{0}' does not follow from the operands",
        "write it: '{0} < n'",
        "op f(x[i]) -> y[p] = x[p % 2]\nmodel M() { input x: f32[4]\n output y = f(x) }");

    /// <summary>'{0}' has {1} indices, but {2} subscripts are given.</summary>
    public static readonly DiagnosticDescriptor SubscriptCount = new(
        "SD2015", Severity.Error,
        "'{0}' has {1} indices, but {2} subscripts are given",
        "give one subscript for each index, or '..'",
        "op f(x[i, j]) -> y[i, j] = x[i]\nmodel M() { input x: f32[4, 4]\n output y = f(x) }");

    /// <summary>A subscript or extent must be an integer expression of indices and dims.</summary>
    public static readonly DiagnosticDescriptor NotAnInteger = new(
        "SD2016", Severity.Error,
        "a subscript or extent must be an integer expression of indices and dims",
        "use +, -, *, / and %",
        "op f(x[i]) -> y[i] = x[exp(i)]\nmodel M() { input x: f32[4]\n output y = f(x) }");

    /// <summary>'{0}' is not an element type.</summary>
    public static readonly DiagnosticDescriptor UnknownElementType = new(
        "SD2017", Severity.Error,
        "'{0}' is not an element type",
        ElementTypes.Hint,
        "model M() { input x: f33[4]\n output y = x }");

    /// <summary>'{0}' is declared {1}, but its value is {2}.</summary>
    public static readonly DiagnosticDescriptor TypeMismatch = new(
        "SD2018", Severity.Error,
        "'{0}' is declared {1}, but its value is {2}",
        "change the declaration, or cast the value",
        "model M() { input x: f32[4]\n output y: f32[5] = x }");

    /// <summary>The range of '{0}' holds no integer.</summary>
    public static readonly DiagnosticDescriptor DimRange = new(
        "SD2019", Severity.Error,
        "the range of '{0}' must be two integers of at least 0, the first at most the second, with a multiple of the step between them",
        "write 'N: dim 1..64' or 'N: dim 8..64 step 8'",
        "model M(N: dim 8..2) { input x: f32[N]\n output y = x }");

    /// <summary>'{0}' has no output.</summary>
    public static readonly DiagnosticDescriptor NoOutput = new(
        "SD2020", Severity.Error,
        "'{0}' has no output",
        "add 'output name = value'",
        "model M() { input x: f32[4] }");

    /// <summary>This must be known when compiling.</summary>
    public static readonly DiagnosticDescriptor NotStatic = new(
        "SD2021", Severity.Error,
        "this must be known when compiling",
        "values of tensors are known only when the model runs; use dims, attributes and constants",
        "model M() { input x: f32[4]\n let y = if x > 0 { x } else { x }\n output z = y }");

    /// <summary>'{0}' calls itself.</summary>
    public static readonly DiagnosticDescriptor Recursion = new(
        "SD2022", Severity.Error,
        "'{0}' calls itself",
        "use a static 'for'",
        "layer a(x: f32[4]) { x |> a }\nmodel M() { input x: f32[4]\n output y = x |> a }");

    /// <summary>{0} belongs in {1}.</summary>
    public static readonly DiagnosticDescriptor Misplaced = new(
        "SD2023", Severity.Error,
        "{0} belongs in {1}",
        "move it",
        "fn f(x) { param w: f32[2]\n x }\nmodel M() { input x: f32[4]\n output y = f(x) }");

    /// <summary>A reshape of {0} to {1} changes the number of elements.</summary>
    public static readonly DiagnosticDescriptor TooManyElements = new(
        "SD2024", Severity.Error,
        "a reshape of {0} to {1} changes the number of elements",
        "both must have the same number of elements",
        "model M() { input x: f32[4]\n output y = reshape(x, [5]) }");

    /// <summary>Index {0} is outside the {1} entries.</summary>
    public static readonly DiagnosticDescriptor IndexRange = new(
        "SD2025", Severity.Error,
        "index {0} is outside the {1} entries",
        "indices count from 0, negative ones from the end",
        "const a = [1, 2]\nmodel M() { input x: f32[4, a[5]]\n output y = x }");

    /// <summary>{0} names for {1} values.</summary>
    public static readonly DiagnosticDescriptor TupleCount = new(
        "SD2026", Severity.Error,
        "{0} names for {1} values",
        "give one name for each value",
        "model M() { input x: f32[4]\n let a, b = x\n output y = a }");

    /// <summary>{0} has no '{1}'.</summary>
    public static readonly DiagnosticDescriptor NoMember = new(
        "SD2027", Severity.Error,
        "{0} has no '{1}'",
        "tensors have 'shape' and 'rank'",
        "model M() { input x: f32[4]\n output y = x * x.size }");

    /// <summary>Division by zero.</summary>
    public static readonly DiagnosticDescriptor DivisionByZero = new(
        "SD2028", Severity.Error,
        "division by zero",
        "check the attributes this is computed from",
        "const a = 1 / 0\nmodel M() { input x: f32[a]\n output y = x }");

    /// <summary>A reduction with indices belongs in an operator.</summary>
    public static readonly DiagnosticDescriptor ReductionOutsideOp = new(
        "SD2029", Severity.Error,
        "a reduction with indices belongs in an operator",
        "write an 'op', or call one of the library",
        "model M() { input x: f32[4]\n output y = sum(i) x[i] }");

    /// <summary>'{0}' of {1} values is not defined.</summary>
    public static readonly DiagnosticDescriptor IntegerNeedsCast = new(
        "SD2030", Severity.Error,
        "'{0}' of {1} values is not defined",
        "cast it first: 'cast(x, f32)'",
        "model M() { input x: bool[4]\n output y = exp(x) }");

    /// <summary>'{0}' is given '{1}' twice.</summary>
    public static readonly DiagnosticDescriptor ArgumentTwice = new(
        "SD2031", Severity.Error,
        "'{0}' is given '{1}' twice",
        "leave one of them out",
        "import std.nn\nmodel M() { input x: f32[4]\n output y = clip(x, low: 0, low: 1) }");

    /// <summary>'{0}' depends on '{1}', which is not among its indices.</summary>
    public static readonly DiagnosticDescriptor UnboundIndex = new(
        "SD2032", Severity.Error,
        "'{0}' depends on '{1}', which is not among its indices",
        "add it to the indices, or reduce over it",
        "op f(x[.., j]) -> y[j] = x[.., j]\nmodel M() { input x: f32[4, 5]\n output y = f(x) }");

    /// <summary>This extent depends on the index '{0}'.</summary>
    public static readonly DiagnosticDescriptor ExtentOfIndex = new(
        "SD2033", Severity.Error,
        "this extent depends on the index '{0}'",
        "tensors are rectangular: use the largest extent, and a condition inside",
        "op f(x[i]) -> y[i] = sum(k < i) x[k]\nmodel M() { input x: f32[4]\n output y = f(x) }");

    /// <summary>An extent is negative, or 0 where every operand has elements.</summary>
    public static readonly DiagnosticDescriptor NegativeExtent = new(
        "SD2034", Severity.Error,
        "this extent is {0}",
        "no extent is negative, and what is computed from tensors with elements has elements; check the attributes and whether a window fits into its operand",
        "op f(x[i]) -> y[p < extent(i) - 9] = x[p]\nmodel M() { input x: f32[4]\n output y = f(x) }");

    /// <summary>'{0}' has no value.</summary>
    public static readonly DiagnosticDescriptor NoValue = new(
        "SD2035", Severity.Error,
        "'{0}' has no value",
        "the last line of a body is its value",
        "op f(x[i]) -> y[i] = { let a = x[i] }");

    /// <summary>An extent of {0} does not split into {1} equal parts.</summary>
    public static readonly DiagnosticDescriptor UnevenSplit = new(
        "SD2036", Severity.Error,
        "an extent of {0} does not split into {1} equal parts",
        "take parts with slices: 'x[.., :k]' and 'x[.., k:]'",
        "model M() { input x: f32[5]\n let a, b = split(x, 2)\n output y = a + b }");

    /// <summary>The shape of a parameter depends on a dim of the model.</summary>
    public static readonly DiagnosticDescriptor ParameterShape = new(
        "SD2039", Severity.Error,
        "the shape of a parameter depends on '{0}', which is known only when the model runs",
        "weights have one shape: write a number, a constant or an attribute",
        "model M(N: dim 1..8) { input x: f32[N, 8]\n param w: f32[N, 8]\n output y = x * w }");

    /// <summary>A requirement of an operator that a call does not meet.</summary>
    public static readonly DiagnosticDescriptor Requirement = new(
        "SD2040", Severity.Error,
        "'{0}' requires {1}, but here that is {2}",
        "check the shapes of the operands and the attributes",
        """
        op halves(x[i]) -> y[p < extent(i) / 2] = {
            require(extent(i) % 2 == 0)
            x[2 * p] + x[2 * p + 1]
        }
        model M() {
            input x: f32[5]
            output y = halves(x)
        }
        """);

    /// <summary>A comparison of dims that holds for some of their values only.</summary>
    public static readonly DiagnosticDescriptor NotDecided = new(
        "SD2041", Severity.Error,
        "'{0}' holds for some values of the dims and not for others",
        "what a program does is decided when compiling, for every value in the ranges of its dims: narrow a range, like 'N: dim 1..4', or write two models",
        "model M(N: dim 1..8) { input x: f32[N]\n output y = if N > 4 { x } else { -x } }");

    /// <summary>A module that imports itself.</summary>
    public static readonly DiagnosticDescriptor ImportsItself = new(
        "SD2042", Severity.Error,
        "the module '{0}' imports itself",
        "what a module declares can be used in it without an import",
        "module nets\nimport nets\nconst a = 1");

    /// <summary>'{0}' is not a kind of attribute.</summary>
    public static readonly DiagnosticDescriptor UnknownAttributeKind = new(
        "SD2038", Severity.Error,
        "'{0}' is not a kind of attribute",
        "{1}",
        "op f(x; by: real = 1) = x * by");

    /// <summary>{0} is too large.</summary>
    public static readonly DiagnosticDescriptor TooLarge = new(
        "SD2037", Severity.Error,
        "{0} is too large",
        "integers have 63 bits, loops at most a million rounds, models at most 100000 layers",
        "const a = 3000000000 * 3000000000 * 3000000000");

    /// <summary>'{0}' is never used.</summary>
    public static readonly DiagnosticDescriptor Unused = new(
        "SD2101", Severity.Warning,
        "'{0}' is never used",
        "remove it",
        "model M() { input x: f32[4]\n input z: f32[4]\n output y = x }");

    /// <summary>Every row of this class.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        UnknownName, DuplicateItem, DuplicateName, UnknownModule, ShapeMismatch, RankMismatch,
        CannotBroadcast, MissingArgument, TooManyArguments, UnknownArgument, WrongKind, NotCallable,
        NotAnIndex, CannotInferExtent, SubscriptCount, NotAnInteger, UnknownElementType, TypeMismatch,
        DimRange, NoOutput, NotStatic, Recursion, Misplaced, TooManyElements,
        IndexRange, TupleCount, NoMember, DivisionByZero, ReductionOutsideOp, IntegerNeedsCast,
        ArgumentTwice, UnboundIndex, ExtentOfIndex, NegativeExtent, NoValue, UnevenSplit, TooLarge, UnknownAttributeKind,
        ParameterShape, Requirement, NotDecided, ImportsItself, Unused,
    ];
}
