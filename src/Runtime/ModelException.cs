namespace SparseDsl.Runtime;

/// <summary>
/// A model cannot be loaded or called as asked: an input of the wrong shape or length, a dimension outside its declared
/// range, or weights that do not fit the model. The message is one sentence that names the input or parameter.
/// </summary>
public sealed class ModelException : Exception
{
    /// <summary>A fault described by a message.</summary>
    /// <param name="message">What is wrong, with the name concerned.</param>
    public ModelException(string message)
        : base(message)
    {
    }

    /// <summary>A fault described by a message, caused by another exception.</summary>
    /// <param name="message">What is wrong, with the name concerned.</param>
    /// <param name="inner">What was caught.</param>
    public ModelException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
