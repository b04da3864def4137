using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD51xx: files the command line reads and writes, and what it takes from them.</summary>
public static class FileDiagnostics
{
    /// <summary>Cannot read '{0}': {1}.</summary>
    public static readonly DiagnosticDescriptor CannotRead = Row(
        "SD5101", "cannot read '{0}': {1}", "check the path and the permissions", "sparsedsl check missing.dsl");

    /// <summary>Cannot write '{0}': {1}.</summary>
    public static readonly DiagnosticDescriptor CannotWrite = Row(
        "SD5102", "cannot write '{0}': {1}", "check that the folder exists and may be written", "--output y=no/such/folder/y.npy");

    /// <summary>'{0}' is damaged or of another format: {1}.</summary>
    public static readonly DiagnosticDescriptor BadData = Row(
        "SD5103", "'{0}' is damaged or of another format: {1}", "{2}", "a truncated .npy file");

    /// <summary>'{0}' is not an image that can be read: {1}.</summary>
    public static readonly DiagnosticDescriptor BadImage = Row(
        "SD5104", "'{0}' is not an image that can be read: {1}", "give a complete PNG or JPEG file", "a truncated .png file");

    /// <summary>There is no model '{0}' in '{1}'.</summary>
    public static readonly DiagnosticDescriptor UnknownModel = Row(
        "SD5105", "there is no model '{0}' in '{1}'", "its models are: {2}", "--model Digit for a file with the model Digits");

    /// <summary>'{0}' declares no model.</summary>
    public static readonly DiagnosticDescriptor NoModel = Row(
        "SD5106", "'{0}' declares no model", "only files with a model can be run, built or explained", "a file of operators only");

    /// <summary>'{0}' declares several models.</summary>
    public static readonly DiagnosticDescriptor SeveralModels = Row(
        "SD5107", "'{0}' declares several models", "choose one with --model: {1}", "a file with two models, and no --model");

    /// <summary>The model has no input '{0}'.</summary>
    public static readonly DiagnosticDescriptor UnknownInput = Row(
        "SD5108", "the model has no input '{0}'", "its inputs are: {1}", "--input picture=x.png for a model with the input image");

    /// <summary>The input '{0}' is missing.</summary>
    public static readonly DiagnosticDescriptor MissingInput = Row(
        "SD5109", "the input '{0}' is missing", "give it with --input {0}=PATH; it is {1}", "run without --input");

    /// <summary>The tensor '{0}' has elements of type {2}, not {1}.</summary>
    public static readonly DiagnosticDescriptor ElementType = Row(
        "SD5110", "the tensor '{0}' must have elements of type {1}; those found are {2}", "convert the file", "an i64 file for an f32 input");

    /// <summary>The tensor '{0}' must be {1}; found {2}.</summary>
    public static readonly DiagnosticDescriptor Shape = Row(
        "SD5111", "the tensor '{0}' must be {1}; found {2}", "{3}", "a [28, 27] file for an input of [N, 28, 28]");

    /// <summary>Nothing says what the dim {0} is.</summary>
    public static readonly DiagnosticDescriptor OpenDim = Row(
        "SD5112", "nothing says what the dim '{0}' is", "give it with --dim {0}=VALUE", "--input x=random for an input of [N, 4]");

    /// <summary>The dim {0} is {1}, outside {2}.</summary>
    public static readonly DiagnosticDescriptor DimValue = Row(
        "SD5113", "the dim '{0}' is {1}, but must be {2}", "give tensors of other sizes, or widen the range in the model", "100 images for N: dim 1..64");

    /// <summary>'{0}' holds no tensor '{1}'.</summary>
    public static readonly DiagnosticDescriptor UnknownEntry = Row(
        "SD5114", "'{0}' holds no tensor '{1}'", "say which with NAME=PATH:TENSOR; it holds: {2}", "--input image=heldout.npz");

    /// <summary>There is no weights file '{0}' for the parameters of '{1}'.</summary>
    public static readonly DiagnosticDescriptor NoWeights = Row(
        "SD5115", "the model '{1}' has parameters, but there is no weights file '{0}'", "put it beside the program, or give it with --weights PATH", "run with no .safetensors file beside the program");

    // SD5116 is retired: a parameter without a tensor is SD5001.

    /// <summary>There is no image setting '{0}'.</summary>
    public static readonly DiagnosticDescriptor UnknownImageSetting = Row(
        "SD5117", "there is no image setting '{0}'", "settings are: {1}", "model M(W: dim 32..3200) {\n    input x: u8[48, W] from image(gray, hight: 48)\n    output y = x\n}");

    /// <summary>The image setting '{0}' cannot be {1}.</summary>
    public static readonly DiagnosticDescriptor ImageSetting = Row(
        "SD5118", "the image setting '{0}' is not as it must be: {1}", "see the section on images in the language's documentation", "model M() {\n    input x: f32[3, 8, 8] from image(rgb, mean: [1, 2])\n    output y = x\n}");

    /// <summary>The input '{0}' cannot be made from an image.</summary>
    public static readonly DiagnosticDescriptor NotAnImage = Row(
        "SD5119", "the input '{0}' is not declared as an image", "write 'from image(gray)' or 'from image(rgb)' behind its type, or give a tensor file", "--input x=photo.png for input x: f32[4]");

    /// <summary>The model has no output '{0}'.</summary>
    public static readonly DiagnosticDescriptor UnknownOutput = Row(
        "SD5120", "the model has no output '{0}'", "its outputs are: {1}", "--output logit=x.npy");

    /// <summary>This machine has no {0}.</summary>
    public static readonly DiagnosticDescriptor TargetNotHere = Row(
        "SD5121", "this machine cannot run code for '{0}'", "use --target native", "run --target avx512 on a machine without AVX-512");

    /// <summary>The file '{0}' has an unknown kind.</summary>
    public static readonly DiagnosticDescriptor UnknownFileKind = Row(
        "SD5122", "'{0}' is of a kind that is not known", "use {1}", "--input x=data.txt");

    /// <summary>The name {0} is no dim of the model.</summary>
    public static readonly DiagnosticDescriptor UnknownDim = Row(
        "SD5123", "the model has no dim '{0}'", "its dims are: {1}", "--dim M=4 for model Digits(N: dim 1..64)");

    /// <summary>'{0}' is not formatted.</summary>
    public static readonly DiagnosticDescriptor NotFormatted = Row(
        "SD5124", "'{0}' is not in canonical form", "run 'sparsedsl fmt {0}'", "fmt --check on a file with odd spacing");

    /// <summary>The weights do not have the structure their storage needs.</summary>
    public static readonly DiagnosticDescriptor Structure = Row(
        "SD5125", "the weights of '{0}' do not have the structure they are stored with: {1}", "correct the annotation, or prune the weights", "@format(nm(2, 4)) on weights with three non-zeros in a group of four");

    /// <summary>A tensor, or the whole model, is larger than memory.</summary>
    public static readonly DiagnosticDescriptor TooLarge = Row(
        "SD5126", "{0} does not fit into memory", "give smaller dims; a tensor has at most 2 GB", "--dim N=2147483647 for an input of [N, 1000]");

    /// <summary>The profile '{0}' cannot be used: {1}.</summary>
    public static readonly DiagnosticDescriptor BadProfile = Row(
        "SD5127", "the profile '{0}' cannot be used: {1}", "measure again with 'sparsedsl calibrate -o {0}', or give '--profile default'", "explain --profile damaged.json");

    /// <summary>The profile '{0}' is not used, or is not of this machine: {1}.</summary>
    public static readonly DiagnosticDescriptor ProfileDoubted = new(
        "SD5128", Severity.Warning, "the profile '{0}' {1}", "measure again with 'sparsedsl calibrate', or give '--profile default'", "explain --profile of-another-machine.json");

    /// <summary>A peer needs an ONNX file.</summary>
    public static readonly DiagnosticDescriptor NoOnnx = Row(
        "SD5129", "comparing with '{0}' needs the network as an ONNX file", "give it with --onnx FILE", "bench digits.dsl --against onnxruntime");

    /// <summary>A peer's assembly is not there.</summary>
    public static readonly DiagnosticDescriptor PeerNotHere = Row(
        "SD5130", "'{0}' is not installed with this program, and its assembly is not at '{1}'",
        "build benchmarks/SparseDsl.OnnxRuntime of the source tree and name its output folder with --peers DIR or SPARSEDSL_PEERS", "bench net.onnx --against onnxruntime --peers no/such/folder");

    /// <summary>A peer cannot run a model.</summary>
    public static readonly DiagnosticDescriptor PeerFailed = Row(
        "SD5131", "'{0}' cannot run '{1}': {2}", "check that the file is the same network as the program", "bench digits.dsl --against onnxruntime --onnx other.onnx");

    /// <summary>There is no libLLVM.</summary>
    public static readonly DiagnosticDescriptor NoLlvm = Row(
        "SD5132", "libLLVM, which this needs, is not installed", "on Debian and Ubuntu: apt-get install libllvm19, or name a file with LIBLLVM_PATH; '--backend csharp' needs nothing", "run --backend llvm on a machine without libLLVM");

    /// <summary>There is no linker.</summary>
    public static readonly DiagnosticDescriptor NoLinker = Row(
        "SD5133", "the linker of LLVM, which makes '{0}', is not installed", "on Debian and Ubuntu: apt-get install lld-19, or name a program with LD_LLD_PATH", "build --target x64 on a machine without lld");

    /// <summary>The linker refuses.</summary>
    public static readonly DiagnosticDescriptor LinkFailed = Row(
        "SD5134", "'{0}' cannot be linked: {1}", "see that LD_LLD_PATH, when it is set, names LLVM's linker of version 15 or later", "build --target x64 with LD_LLD_PATH=/bin/false");

    /// <summary>There is no GPU.</summary>
    public static readonly DiagnosticDescriptor NoGpu = Row(
        "SD5170", "there is no GPU here that runs PTX: {0}", "an NVIDIA GPU of compute capability 8.0 or later and its driver are needed; 'build --target ptx' writes files for a machine that has them", "run --backend ptx on a machine without a GPU");

    /// <summary>The GPU, or its driver, refuses.</summary>
    public static readonly DiagnosticDescriptor GpuFailed = Row(
        "SD5171", "the driver of the GPU reports: {0}", "where memory is short, give smaller dims; refused code is a bug of sparsedsl, please report it with the program", "run --backend ptx with weights that do not fit into the memory of the GPU");

    /// <summary>A function has no code for GPUs.</summary>
    public static readonly DiagnosticDescriptor NotOnGpu = Row(
        "SD5172", "'{0}' of f64, in {1}, has no code for GPUs", "compute it in f32", "run --backend ptx on a model that takes exp of f64");

    /// <summary>'{0}' is read by the same command.</summary>
    public static readonly DiagnosticDescriptor WritesInput = Row(
        "SD5140", "'{0}' is to be written, and the same command reads it", "give the result another name", "run twice.dsl --input x=x.npy --output y=x.npy");

    /// <summary>'{0}' is to be written twice.</summary>
    public static readonly DiagnosticDescriptor WrittenTwice = Row(
        "SD5141", "'{0}' is to be written twice", "give every result a file of its own", "run two.dsl --output y=out.npy --output z=out.npy");

    /// <summary>'{0}' is a folder, not a file.</summary>
    public static readonly DiagnosticDescriptor IsFolder = Row(
        "SD5142", "'{0}' is a folder, where a file is needed", "name a file in it", "run twice.dsl --input x=.");

    /// <summary>'{0}' is a file, not a folder.</summary>
    public static readonly DiagnosticDescriptor IsFile = Row(
        "SD5143", "'{0}' is a file, where a folder is needed", "name a folder, which need not be there yet", "build net.dsl --target csharp -o net.dsl");

    /// <summary>'{0}' holds elements of a type that is not supported.</summary>
    public static readonly DiagnosticDescriptor UnsupportedElement = Row(
        "SD5144", "'{0}' cannot be used: {1}", "convert it; supported are f16, bf16, f32, f64, i8, i16, i32, i64, u8, u16, u32 and bool", "an .npy file of complex numbers");

    /// <summary>'{0}' declares nothing.</summary>
    public static readonly DiagnosticDescriptor Empty = new(
        "SD5145", Severity.Warning, "'{0}' declares nothing", "a program declares models, operators, functions, constants, formats or patterns", "check on an empty file");

    /// <summary>A tensor is larger than what can be compiled.</summary>
    public static readonly DiagnosticDescriptor TooLargeToRun = new(
        "SD5146", Severity.Warning, "{0} has {1} elements at these dims, more than can be run", "give smaller dims; a tensor has at most 2147483647 elements", "explain on a model with a tensor f32[N, 100000] at N = 100000");

    /// <summary>Every row.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        CannotRead, CannotWrite, BadData, BadImage, UnknownModel, NoModel, SeveralModels, UnknownInput, MissingInput, ElementType, Shape, OpenDim, DimValue, UnknownEntry,
        NoWeights, UnknownImageSetting, ImageSetting, NotAnImage, UnknownOutput, TargetNotHere, UnknownFileKind, UnknownDim, NotFormatted, Structure, TooLarge, BadProfile, ProfileDoubted, NoOnnx, PeerNotHere, PeerFailed,
        NoLlvm, NoLinker, LinkFailed, NoGpu, GpuFailed, NotOnGpu, WritesInput, WrittenTwice, IsFolder, IsFile, UnsupportedElement, Empty, TooLargeToRun,
    ];

    private static DiagnosticDescriptor Row(string id, string message, string hint, string example) => new(id, Severity.Error, message, hint, example);
}
