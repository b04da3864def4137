using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.LanguageServer;

/// <summary>What the host checks in a bound model besides what the compiler's front end does, so that editors show what the command line reports.</summary>
/// <param name="model">The model.</param>
/// <param name="diagnostics">Where mistakes go.</param>
public delegate void ModelCheck(BoundModel model, DiagnosticBag diagnostics);
