using System.Globalization;
using System.Text;

namespace SparseDsl.Backends.Llvm.Emit;

/// <summary>The text of one function on its way: instructions, names of their results, blocks. Registers of the loop IR become stack slots that LLVM's first pass turns into values.</summary>
internal sealed class Function
{
    private readonly StringBuilder entry = new();
    private readonly StringBuilder body = new();
    private int values;
    private int blocks;

    public Function(Module module) => Module = module;

    /// <summary>Where declarations go.</summary>
    public Module Module { get; }

    /// <summary>The block that instructions go to now; the entry block is <c>entry</c>.</summary>
    public string Block { get; private set; } = "entry";

    /// <summary>The instructions, from the entry block on.</summary>
    public string Text => $"entry:\n{entry}{body}";

    /// <summary>Appends an instruction with a result, and gives its name.</summary>
    public string Set(string instruction)
    {
        var name = NewValue();
        Assign(name, instruction);
        return name;
    }

    /// <summary>Appends an instruction whose result has a name already.</summary>
    public void Assign(string name, string instruction) => body.Append("  ").Append(name).Append(" = ").Append(instruction).Append('\n');

    /// <summary>Appends an instruction without a result.</summary>
    public void Do(string instruction) => body.Append("  ").Append(instruction).Append('\n');

    /// <summary>A name for a value to come.</summary>
    public string NewValue() => "%v" + (values++).ToString(CultureInfo.InvariantCulture);

    /// <summary>A name for a block to come.</summary>
    public string NewBlock(string what) => what + (blocks++).ToString(CultureInfo.InvariantCulture);

    /// <summary>Memory that lives as long as the call, reserved once.</summary>
    public string Reserve(string type, int align)
    {
        var name = NewValue();
        entry.Append("  ").Append(name).Append(" = alloca ").Append(type);
        if (align > 0)
        {
            entry.Append(", align ").Append(align.ToString(CultureInfo.InvariantCulture));
        }

        entry.Append('\n');
        return name;
    }

    /// <summary>Ends the block with a jump.</summary>
    public void Branch(string block) => Do($"br label %{block}");

    /// <summary>Ends the block with a choice.</summary>
    public void Branch(string condition, string then, string otherwise) => Do($"br i1 {condition}, label %{then}, label %{otherwise}");

    /// <summary>Begins a block.</summary>
    public void Begin(string block)
    {
        body.Append(block).Append(":\n");
        Block = block;
    }

    /// <summary>Calls a function that LLVM or a library has.</summary>
    /// <param name="result">Type of the result.</param>
    /// <param name="name">The function: <c>llvm.sqrt.f32</c>.</param>
    /// <param name="arguments">Operands with their types: <c>float %v1</c>.</param>
    public string Call(string result, string name, params ReadOnlySpan<string> arguments)
    {
        var list = string.Join(", ", arguments.ToArray());
        Module.Declare(result, name, arguments);
        return Set($"call {result} @{name}({list})");
    }

    /// <summary>Calls a function without a result.</summary>
    public void CallVoid(string name, params ReadOnlySpan<string> arguments)
    {
        var list = string.Join(", ", arguments.ToArray());
        Module.Declare("void", name, arguments);
        Do($"call void @{name}({list})");
    }
}
