// Pointees of LLVM's handles and the enumerations this project uses, under the names of the LLVMSharp.Interop package.
#pragma warning disable CA1707, CA1711, CA1712, CA1815, SA1300, IDE1006 // names are LLVM's
namespace LLVMSharp.Interop;

internal struct LLVMOpaqueContext;

internal struct LLVMOpaqueModule;

internal struct LLVMOpaqueMemoryBuffer;

internal struct LLVMOpaqueDiagnosticInfo;

internal struct LLVMOpaqueError;

internal struct LLVMOpaquePassBuilderOptions;

internal struct LLVMOpaqueTargetMachine;

internal struct LLVMOpaqueTargetData;

internal struct LLVMTarget;

internal struct LLVMOrcOpaqueLLJIT;

internal struct LLVMOrcOpaqueLLJITBuilder;

internal struct LLVMOrcOpaqueJITDylib;

internal struct LLVMOrcOpaqueSymbolStringPoolEntry;

internal struct LLVMOrcOpaqueMaterializationUnit;

internal struct LLVMJITEvaluatedSymbol
{
    public ulong Address;
    public byte GenericFlags;
    public byte TargetFlags;
}

internal unsafe struct LLVMOrcCSymbolMapPair
{
    public LLVMOrcOpaqueSymbolStringPoolEntry* Name;
    public LLVMJITEvaluatedSymbol Sym;
}

internal enum LLVMVerifierFailureAction
{
    LLVMAbortProcessAction,
    LLVMPrintMessageAction,
    LLVMReturnStatusAction,
}

internal enum LLVMCodeGenOptLevel
{
    LLVMCodeGenLevelNone,
    LLVMCodeGenLevelLess,
    LLVMCodeGenLevelDefault,
    LLVMCodeGenLevelAggressive,
}

internal enum LLVMRelocMode
{
    LLVMRelocDefault,
    LLVMRelocStatic,
    LLVMRelocPIC,
}

internal enum LLVMCodeModel
{
    LLVMCodeModelDefault,
    LLVMCodeModelJITDefault,
    LLVMCodeModelTiny,
    LLVMCodeModelSmall,
}

internal enum LLVMCodeGenFileType
{
    LLVMAssemblyFile,
    LLVMObjectFile,
}

internal enum LLVMDiagnosticSeverity
{
    LLVMDSError,
    LLVMDSWarning,
    LLVMDSRemark,
    LLVMDSNote,
}
