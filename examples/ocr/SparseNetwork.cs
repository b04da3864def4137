using SparseDsl.Backends.Hosting;
using SparseDsl.Compiler.Data;
using SparseDsl.Runtime;

namespace SparseDsl.Examples.Ocr;

/// <summary>A network compiled by SparseDsl: one compiled model for every size of picture that its dims allow.</summary>
/// <remarks>Calls on one instance must not overlap.</remarks>
public sealed class SparseNetwork : INetwork, IDisposable
{
    private readonly CompiledModel _model;
    private readonly string _input;
    private readonly string _output;

    private SparseNetwork(CompiledModel model, string input, string output) => (_model, _input, _output) = (model, input, output);

    /// <summary>Compiles a program and its weights.</summary>
    /// <param name="program">A <c>.dsl</c> file with one model of one input and one output, its weights beside it in a <c>.safetensors</c> file.</param>
    /// <param name="threads">Number of threads, the caller's included.</param>
    /// <exception cref="InvalidDataException">The program has mistakes, or the weights do not belong to it.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static SparseNetwork Load(string program, int threads = 1)
    {
        var model = ModelCompiler.Compile(program, threads);
        if (model.Inputs.ToList() is [var input] && model.Outputs.ToList() is [var output])
        {
            return new SparseNetwork(model, input.Name, output.Name);
        }

        var (inputs, outputs) = (model.Inputs.Count(), model.Outputs.Count());
        model.Dispose();
        throw new InvalidDataException($"{program} has {inputs} inputs and {outputs} outputs, not one of each");
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The network takes no tensor of this shape.</exception>
    public Tensor Run(Tensor input)
    {
        try
        {
            var outputs = _model.Run(new Dictionary<string, TensorData> { [_input] = TensorData.FromFloats(input.Values, input.Shape) });
            return new Tensor([.. outputs[_output].Shape], outputs[_output].ToFloats());
        }
        catch (ModelException mismatch)
        {
            throw new InvalidDataException(mismatch.Message, mismatch);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
