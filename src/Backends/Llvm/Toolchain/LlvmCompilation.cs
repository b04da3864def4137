using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using LLVMSharp.Interop;
using SparseDsl.Compiler;

namespace SparseDsl.Backends.Llvm.Toolchain;

/// <summary>One compilation: a context of its own, and what LLVM complains of.</summary>
internal sealed unsafe class LlvmCompilation : IDisposable
{
    // Kernels arrive vectorised and unrolled: more passes cost three times as long and gain nothing. Registers of the loop IR are stack slots until the first.
    private static readonly string Passes = $"function(mem2reg,simplifycfg,early-cse,{InstCombine},loop-mssa(licm),early-cse,dse,simplifycfg)";

    private readonly LlvmCpu cpu;
    private readonly LLVMCodeGenFileType output;
    private readonly LLVMOpaqueContext* context = LLVM.ContextCreate();
    private readonly List<string> complaints = [];
    private GCHandle self;

    public LlvmCompilation(LlvmCpu cpu, LLVMCodeGenFileType output)
    {
        (this.cpu, this.output) = (cpu, output);
        self = GCHandle.Alloc(this);
        LLVM.ContextSetDiagnosticHandler(context, &Complain, (void*)GCHandle.ToIntPtr(self));
    }

    // From 18 on, as tests of LLVM want it, this ends the process when a second round could change something.
    private static string InstCombine =>
        int.Parse(LlvmToolchain.Version.Split('.')[0], CultureInfo.InvariantCulture) >= 18 ? "instcombine<no-verify-fixpoint>" : "instcombine";

    /// <summary>Parses, checks, improves and compiles a module.</summary>
    public byte[] Run(string text)
    {
        var machine = Machine();
        try
        {
            var module = Parse(text);
            try
            {
                Check(module, machine, text);
                Improve(module, machine, text);
                return Emit(module, machine, text);
            }
            finally
            {
                LLVM.DisposeModule(module);
            }
        }
        finally
        {
            LLVM.DisposeTargetMachine(machine);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LLVM.ContextDispose(context);
        self.Free();
    }

    private LLVMOpaqueTargetMachine* Machine()
    {
        LLVMTarget* target;
        sbyte* message = null;
        fixed (byte* triple = LlvmText.Bytes(cpu.Triple), name = LlvmText.Bytes(cpu.LlvmName), features = LlvmText.Bytes(cpu.Features))
        {
            if (LLVM.GetTargetFromTriple((sbyte*)triple, &target, &message) != 0)
            {
                throw Refused(LlvmText.Take(message), "");
            }

            return LLVM.CreateTargetMachine(
                target, (sbyte*)triple, (sbyte*)name, (sbyte*)features, LLVMCodeGenOptLevel.LLVMCodeGenLevelDefault, LLVMRelocMode.LLVMRelocPIC, LLVMCodeModel.LLVMCodeModelDefault);
        }
    }

    private LLVMOpaqueModule* Parse(string text)
    {
        LLVMOpaqueModule* module;
        sbyte* message = null;
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes, name = "module\0"u8)
        {
            // The parser frees the buffer.
            var buffer = LLVM.CreateMemoryBufferWithMemoryRangeCopy((sbyte*)start, (nuint)bytes.Length, (sbyte*)name);
            return LLVM.ParseIRInContext(context, buffer, &module, &message) == 0 ? module : throw Refused(LlvmText.Take(message), text);
        }
    }

    private static void Check(LLVMOpaqueModule* module, LLVMOpaqueTargetMachine* machine, string text)
    {
        var layout = LLVM.CreateTargetDataLayout(machine);
        LLVM.SetModuleDataLayout(module, layout);
        LLVM.DisposeTargetData(layout);
        sbyte* message = null;
        var isBroken = LLVM.VerifyModule(module, LLVMVerifierFailureAction.LLVMReturnStatusAction, &message) != 0;
        var problem = LlvmText.Take(message);
        if (isBroken)
        {
            throw Refused(problem, text);
        }
    }

    private static void Improve(LLVMOpaqueModule* module, LLVMOpaqueTargetMachine* machine, string text)
    {
        var options = LLVM.CreatePassBuilderOptions();
        LLVMOpaqueError* error;
        fixed (byte* passes = LlvmText.Bytes(Passes))
        {
            error = LLVM.RunPasses(module, (sbyte*)passes, machine, options);
        }

        LLVM.DisposePassBuilderOptions(options);
        if (LlvmError.Take(error) is { } problem)
        {
            throw Refused(problem, text);
        }
    }

    private byte[] Emit(LLVMOpaqueModule* module, LLVMOpaqueTargetMachine* machine, string text)
    {
        LLVMOpaqueMemoryBuffer* buffer;
        sbyte* message = null;
        if (LLVM.TargetMachineEmitToMemoryBuffer(machine, module, output, &message, &buffer) != 0)
        {
            throw Refused(LlvmText.Take(message), text);
        }

        var bytes = new ReadOnlySpan<byte>(LLVM.GetBufferStart(buffer), checked((int)LLVM.GetBufferSize(buffer))).ToArray();
        LLVM.DisposeMemoryBuffer(buffer);

        // Code generation reports errors to the handler, and then says that all went well.
        return complaints.Count == 0 ? bytes : throw Refused(string.Join("\n", complaints), text);
    }

    private static CompilerBugException Refused(string message, string text) =>
        new($"LLVM {LlvmToolchain.Version} refuses the generated code: {message}\n{(text.Length > 4000 ? text[..4000] + "…" : text)}");

    // Without a handler LLVM prints errors and ends the process.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Complain(LLVMOpaqueDiagnosticInfo* information, void* compilation)
    {
        if (LLVM.GetDiagInfoSeverity(information) == LLVMDiagnosticSeverity.LLVMDSError)
        {
            ((LlvmCompilation)GCHandle.FromIntPtr((nint)compilation).Target!).complaints.Add(LlvmText.Take(LLVM.GetDiagInfoDescription(information)));
        }
    }
}
