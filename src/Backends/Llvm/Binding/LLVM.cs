using System.Runtime.InteropServices;

// LLVM's C functions, as many as this project calls, under the names of the LLVMSharp.Interop package: that package cannot be restored from every registry, and
// where it can, a reference to it replaces this folder.
#pragma warning disable CA2101, CA5392, SYSLIB1054 // blittable signatures only; the resolver below finds the library
namespace LLVMSharp.Interop;

/// <summary>Functions of libLLVM; <see cref="LibraryResolver"/> says where that is found.</summary>
internal static unsafe partial class LLVM
{
    internal const string Library = "libLLVM";

    [DllImport(Library, EntryPoint = "LLVMContextCreate")]
    public static extern LLVMOpaqueContext* ContextCreate();

    [DllImport(Library, EntryPoint = "LLVMContextDispose")]
    public static extern void ContextDispose(LLVMOpaqueContext* C);

    [DllImport(Library, EntryPoint = "LLVMContextSetDiagnosticHandler")]
    public static extern void ContextSetDiagnosticHandler(LLVMOpaqueContext* C, delegate* unmanaged[Cdecl]<LLVMOpaqueDiagnosticInfo*, void*, void> Handler, void* DiagnosticContext);

    [DllImport(Library, EntryPoint = "LLVMGetDiagInfoDescription")]
    public static extern sbyte* GetDiagInfoDescription(LLVMOpaqueDiagnosticInfo* DI);

    [DllImport(Library, EntryPoint = "LLVMGetDiagInfoSeverity")]
    public static extern LLVMDiagnosticSeverity GetDiagInfoSeverity(LLVMOpaqueDiagnosticInfo* DI);

    [DllImport(Library, EntryPoint = "LLVMDisposeMessage")]
    public static extern void DisposeMessage(sbyte* Message);

    [DllImport(Library, EntryPoint = "LLVMCreateMemoryBufferWithMemoryRangeCopy")]
    public static extern LLVMOpaqueMemoryBuffer* CreateMemoryBufferWithMemoryRangeCopy(sbyte* InputData, nuint InputDataLength, sbyte* BufferName);

    [DllImport(Library, EntryPoint = "LLVMGetBufferStart")]
    public static extern sbyte* GetBufferStart(LLVMOpaqueMemoryBuffer* MemBuf);

    [DllImport(Library, EntryPoint = "LLVMGetBufferSize")]
    public static extern nuint GetBufferSize(LLVMOpaqueMemoryBuffer* MemBuf);

    [DllImport(Library, EntryPoint = "LLVMDisposeMemoryBuffer")]
    public static extern void DisposeMemoryBuffer(LLVMOpaqueMemoryBuffer* MemBuf);

    [DllImport(Library, EntryPoint = "LLVMParseIRInContext")]
    public static extern int ParseIRInContext(LLVMOpaqueContext* ContextRef, LLVMOpaqueMemoryBuffer* MemBuf, LLVMOpaqueModule** OutM, sbyte** OutMessage);

    [DllImport(Library, EntryPoint = "LLVMVerifyModule")]
    public static extern int VerifyModule(LLVMOpaqueModule* M, LLVMVerifierFailureAction Action, sbyte** OutMessage);

    [DllImport(Library, EntryPoint = "LLVMDisposeModule")]
    public static extern void DisposeModule(LLVMOpaqueModule* M);

    [DllImport(Library, EntryPoint = "LLVMPrintModuleToString")]
    public static extern sbyte* PrintModuleToString(LLVMOpaqueModule* M);

    [DllImport(Library, EntryPoint = "LLVMGetTargetFromTriple")]
    public static extern int GetTargetFromTriple(sbyte* Triple, LLVMTarget** T, sbyte** ErrorMessage);

    [DllImport(Library, EntryPoint = "LLVMCreateTargetMachine")]
    public static extern LLVMOpaqueTargetMachine* CreateTargetMachine(
        LLVMTarget* T, sbyte* Triple, sbyte* CPU, sbyte* Features, LLVMCodeGenOptLevel Level, LLVMRelocMode Reloc, LLVMCodeModel CodeModel);

    [DllImport(Library, EntryPoint = "LLVMDisposeTargetMachine")]
    public static extern void DisposeTargetMachine(LLVMOpaqueTargetMachine* T);

    [DllImport(Library, EntryPoint = "LLVMTargetMachineEmitToMemoryBuffer")]
    public static extern int TargetMachineEmitToMemoryBuffer(
        LLVMOpaqueTargetMachine* T, LLVMOpaqueModule* M, LLVMCodeGenFileType codegen, sbyte** ErrorMessage, LLVMOpaqueMemoryBuffer** OutMemBuf);

    [DllImport(Library, EntryPoint = "LLVMCreateTargetDataLayout")]
    public static extern LLVMOpaqueTargetData* CreateTargetDataLayout(LLVMOpaqueTargetMachine* T);

    [DllImport(Library, EntryPoint = "LLVMDisposeTargetData")]
    public static extern void DisposeTargetData(LLVMOpaqueTargetData* TD);

    [DllImport(Library, EntryPoint = "LLVMSetModuleDataLayout")]
    public static extern void SetModuleDataLayout(LLVMOpaqueModule* M, LLVMOpaqueTargetData* DL);

    [DllImport(Library, EntryPoint = "LLVMSetTarget")]
    public static extern void SetTarget(LLVMOpaqueModule* M, sbyte* Triple);

    [DllImport(Library, EntryPoint = "LLVMCreatePassBuilderOptions")]
    public static extern LLVMOpaquePassBuilderOptions* CreatePassBuilderOptions();

    [DllImport(Library, EntryPoint = "LLVMDisposePassBuilderOptions")]
    public static extern void DisposePassBuilderOptions(LLVMOpaquePassBuilderOptions* Options);

    [DllImport(Library, EntryPoint = "LLVMRunPasses")]
    public static extern LLVMOpaqueError* RunPasses(LLVMOpaqueModule* M, sbyte* Passes, LLVMOpaqueTargetMachine* TM, LLVMOpaquePassBuilderOptions* Options);

    [DllImport(Library, EntryPoint = "LLVMGetErrorMessage")]
    public static extern sbyte* GetErrorMessage(LLVMOpaqueError* Err);

    [DllImport(Library, EntryPoint = "LLVMDisposeErrorMessage")]
    public static extern void DisposeErrorMessage(sbyte* ErrMsg);

    [DllImport(Library, EntryPoint = "LLVMGetVersion")]
    public static extern void GetVersion(uint* Major, uint* Minor, uint* Patch);

    [DllImport(Library, EntryPoint = "LLVMGetHostCPUName")]
    public static extern sbyte* GetHostCPUName();

    [DllImport(Library, EntryPoint = "LLVMGetHostCPUFeatures")]
    public static extern sbyte* GetHostCPUFeatures();

    [DllImport(Library, EntryPoint = "LLVMOrcCreateLLJIT")]
    public static extern LLVMOpaqueError* OrcCreateLLJIT(LLVMOrcOpaqueLLJIT** Result, LLVMOrcOpaqueLLJITBuilder* Builder);

    [DllImport(Library, EntryPoint = "LLVMOrcDisposeLLJIT")]
    public static extern LLVMOpaqueError* OrcDisposeLLJIT(LLVMOrcOpaqueLLJIT* J);

    [DllImport(Library, EntryPoint = "LLVMOrcLLJITGetMainJITDylib")]
    public static extern LLVMOrcOpaqueJITDylib* OrcLLJITGetMainJITDylib(LLVMOrcOpaqueLLJIT* J);

    [DllImport(Library, EntryPoint = "LLVMOrcLLJITAddObjectFile")]
    public static extern LLVMOpaqueError* OrcLLJITAddObjectFile(LLVMOrcOpaqueLLJIT* J, LLVMOrcOpaqueJITDylib* JD, LLVMOpaqueMemoryBuffer* ObjBuffer);

    [DllImport(Library, EntryPoint = "LLVMOrcLLJITLookup")]
    public static extern LLVMOpaqueError* OrcLLJITLookup(LLVMOrcOpaqueLLJIT* J, ulong* Result, sbyte* Name);

    [DllImport(Library, EntryPoint = "LLVMOrcLLJITMangleAndIntern")]
    public static extern LLVMOrcOpaqueSymbolStringPoolEntry* OrcLLJITMangleAndIntern(LLVMOrcOpaqueLLJIT* J, sbyte* UnmangledName);

    [DllImport(Library, EntryPoint = "LLVMOrcAbsoluteSymbols")]
    public static extern LLVMOrcOpaqueMaterializationUnit* OrcAbsoluteSymbols(LLVMOrcCSymbolMapPair* Syms, nuint NumPairs);

    [DllImport(Library, EntryPoint = "LLVMOrcJITDylibDefine")]
    public static extern LLVMOpaqueError* OrcJITDylibDefine(LLVMOrcOpaqueJITDylib* JD, LLVMOrcOpaqueMaterializationUnit* MU);

    [DllImport(Library, EntryPoint = "LLVMInitializeX86TargetInfo")]
    public static extern void InitializeX86TargetInfo();

    [DllImport(Library, EntryPoint = "LLVMInitializeX86Target")]
    public static extern void InitializeX86Target();

    [DllImport(Library, EntryPoint = "LLVMInitializeX86TargetMC")]
    public static extern void InitializeX86TargetMC();

    [DllImport(Library, EntryPoint = "LLVMInitializeX86AsmPrinter")]
    public static extern void InitializeX86AsmPrinter();

    [DllImport(Library, EntryPoint = "LLVMInitializeX86AsmParser")]
    public static extern void InitializeX86AsmParser();

    [DllImport(Library, EntryPoint = "LLVMInitializeNVPTXTargetInfo")]
    public static extern void InitializeNVPTXTargetInfo();

    [DllImport(Library, EntryPoint = "LLVMInitializeNVPTXTarget")]
    public static extern void InitializeNVPTXTarget();

    [DllImport(Library, EntryPoint = "LLVMInitializeNVPTXTargetMC")]
    public static extern void InitializeNVPTXTargetMC();

    [DllImport(Library, EntryPoint = "LLVMInitializeNVPTXAsmPrinter")]
    public static extern void InitializeNVPTXAsmPrinter();

    [DllImport(Library, EntryPoint = "LLVMInitializeAArch64TargetInfo")]
    public static extern void InitializeAArch64TargetInfo();

    [DllImport(Library, EntryPoint = "LLVMInitializeAArch64Target")]
    public static extern void InitializeAArch64Target();

    [DllImport(Library, EntryPoint = "LLVMInitializeAArch64TargetMC")]
    public static extern void InitializeAArch64TargetMC();

    [DllImport(Library, EntryPoint = "LLVMInitializeAArch64AsmPrinter")]
    public static extern void InitializeAArch64AsmPrinter();

    [DllImport(Library, EntryPoint = "LLVMInitializeAArch64AsmParser")]
    public static extern void InitializeAArch64AsmParser();
}
