using System.Globalization;
using System.Text.RegularExpressions;

namespace SparseDsl.Backends.Tests.Llvm.Ptx;

/// <summary>
/// The instruction forms that PTX of this project may consist of: opcode with its modifiers, kinds of operands, and the version of PTX and the compute capability from which
/// on they are there, after NVIDIA's description of the instruction set. Whatever else is in a text is reported.
/// </summary>
/// <remarks>
/// Kinds: p predicate; h, r, l registers of 16, 32 and 64 bits; f, d registers of f32 and f64; i integer; s, D numbers of f32 and f64; m memory; t label; S special register;
/// g symbol; several letters are alternatives. A row without version is as old as 64-bit addresses and function entries: PTX 2.3, sm_20.
/// </remarks>
internal static partial class PtxForms
{
    private const string Table = """
        abs.f32 f f
        abs.f64 d d
        abs.s16 h h
        abs.s32 r r
        abs.s64 l l
        add.rn.f32 f fs fs
        add.rn.f64 d Dd Dd
        add.s16 h hi hi
        add.s32 r ir ir
        add.s64 l il il
        add.u16 h hi hi
        add.u32 r ir ir
        add.u64 l il il
        and.b16 h hi hi
        and.b32 r ir ir
        and.b64 l il il
        and.pred p p p
        bar.warp.sync i ; 6.0 30
        bfe.s32 r r ir ir
        bfe.s64 l l ir ir
        bfe.u32 r r ir ir
        bfe.u64 l l ir ir
        bfi.b32 r ir r ir ir
        bra t
        bra.uni t
        brev.b32 r r
        brev.b64 l l
        clz.b32 r r
        clz.b64 r l
        cvt.f64.f32 d f
        cvt.rmi.f32.f32 f f
        cvt.rmi.f64.f64 d d
        cvt.rn.f32.f64 f d
        cvt.rn.f32.s16 f h
        cvt.rn.f32.s32 f r
        cvt.rn.f32.s64 f l
        cvt.rn.f32.u16 f h
        cvt.rn.f32.u32 f r
        cvt.rn.f32.u64 f l
        cvt.rn.f64.s16 d h
        cvt.rn.f64.s32 d r
        cvt.rn.f64.s64 d l
        cvt.rn.f64.u16 d h
        cvt.rn.f64.u32 d r
        cvt.rn.f64.u64 d l
        cvt.rni.f32.f32 f f
        cvt.rni.f64.f64 d d
        cvt.rpi.f32.f32 f f
        cvt.rpi.f64.f64 d d
        cvt.rzi.f32.f32 f f
        cvt.rzi.f64.f64 d d
        cvt.rzi.s16.f32 h f
        cvt.rzi.s16.f64 h d
        cvt.rzi.s32.f32 r f
        cvt.rzi.s32.f64 r d
        cvt.rzi.s64.f32 l f
        cvt.rzi.s64.f64 l d
        cvt.rzi.u16.f32 h f
        cvt.rzi.u16.f64 h d
        cvt.rzi.u32.f32 r f
        cvt.rzi.u32.f64 r d
        cvt.rzi.u64.f32 l f
        cvt.rzi.u64.f64 l d
        cvt.s16.s16 h h
        cvt.s16.s32 h r
        cvt.s16.s64 h l
        cvt.s16.s8 h h
        cvt.s16.u16 h h
        cvt.s16.u32 h r
        cvt.s16.u64 h l
        cvt.s16.u8 h h
        cvt.s32.s16 r h
        cvt.s32.s32 r r
        cvt.s32.s64 r l
        cvt.s32.s8 r h
        cvt.s32.u16 r h
        cvt.s32.u32 r r
        cvt.s32.u64 r l
        cvt.s32.u8 r h
        cvt.s64.s16 l h
        cvt.s64.s32 l r
        cvt.s64.s64 l l
        cvt.s64.s8 l h
        cvt.s64.u16 l h
        cvt.s64.u32 l r
        cvt.s64.u64 l l
        cvt.s64.u8 l h
        cvt.u16.s16 h h
        cvt.u16.s32 h r
        cvt.u16.s64 h l
        cvt.u16.s8 h h
        cvt.u16.u16 h h
        cvt.u16.u32 h r
        cvt.u16.u64 h l
        cvt.u16.u8 h h
        cvt.u32.s16 r h
        cvt.u32.s32 r r
        cvt.u32.s64 r l
        cvt.u32.s8 r h
        cvt.u32.u16 r h
        cvt.u32.u32 r r
        cvt.u32.u64 r l
        cvt.u32.u8 r h
        cvt.u64.s16 l h
        cvt.u64.s32 l r
        cvt.u64.s64 l l
        cvt.u64.s8 l h
        cvt.u64.u16 l h
        cvt.u64.u32 l r
        cvt.u64.u64 l l
        cvt.u64.u8 l h
        cvta.to.global.u64 l l
        div.rn.f32 f fs fs
        div.rn.f64 d Dd Dd
        div.s16 h hi hi
        div.s32 r ir ir
        div.s64 l il il
        div.u16 h hi hi
        div.u32 r ir ir
        div.u64 l il il
        dp4a.u32.s32 r r r r ; 5.0 61
        fma.rn.f32 f fs fs fs
        fma.rn.f64 d Dd Dd Dd
        ld.global.b16 hr m
        ld.global.b32 fr m
        ld.global.b64 dl m
        ld.global.b8 hr m
        ld.global.f32 f m
        ld.global.f64 d m
        ld.global.nc.f32 f m ; 3.1 32
        ld.global.nc.f64 d m ; 3.1 32
        ld.global.nc.u16 hr m ; 3.1 32
        ld.global.nc.u32 lr m ; 3.1 32
        ld.global.nc.u64 l m ; 3.1 32
        ld.global.nc.u8 hr m ; 3.1 32
        ld.global.u16 hr m
        ld.global.u32 lr m
        ld.global.u64 l m
        ld.global.u8 hr m
        ld.param.u32 lr m
        ld.param.u64 l m
        ld.shared.b16 hr m
        ld.shared.b32 fr m
        ld.shared.b64 dl m
        ld.shared.b8 hr m
        ld.shared.f32 f m
        ld.shared.f64 d m
        ld.shared.u16 hr m
        ld.shared.u32 lr m
        ld.shared.u64 l m
        ld.shared.u8 hr m
        mad.lo.s16 h hi hi hi
        mad.lo.s32 r ir ir ir
        mad.lo.s64 l il il il
        mad.lo.u16 h hi hi hi
        mad.lo.u32 r ir ir ir
        mad.lo.u64 l il il il
        mad.wide.s32 l ir ir il
        mad.wide.u32 l ir ir il
        max.f32 f fs fs
        max.f64 d Dd Dd
        max.s16 h hi hi
        max.s32 r ir ir
        max.s64 l il il
        max.u16 h hi hi
        max.u32 r ir ir
        max.u64 l il il
        min.f32 f fs fs
        min.f64 d Dd Dd
        min.s16 h hi hi
        min.s32 r ir ir
        min.s64 l il il
        min.u16 h hi hi
        min.u32 r ir ir
        min.u64 l il il
        mov.b16 h hi
        mov.b32 fr fir
        mov.b64 dl dil
        mov.f32 f fs
        mov.f64 d Dd
        mov.pred p ip
        mov.s16 h hi
        mov.s32 r ir
        mov.s64 l il
        mov.u16 h hi
        mov.u32 r Sir
        mov.u64 l gil
        mul.hi.s16 h hi hi
        mul.hi.s32 r ir ir
        mul.hi.s64 l il il
        mul.hi.u16 h hi hi
        mul.hi.u32 r ir ir
        mul.hi.u64 l il il
        mul.lo.s16 h hi hi
        mul.lo.s32 r ir ir
        mul.lo.s64 l il il
        mul.lo.u16 h hi hi
        mul.lo.u32 r ir ir
        mul.lo.u64 l il il
        mul.rn.f32 f fs fs
        mul.rn.f64 d Dd Dd
        mul.wide.s16 r hi hi
        mul.wide.s32 l ir ir
        mul.wide.u16 r hi hi
        mul.wide.u32 l ir ir
        neg.f32 f f
        neg.f64 d d
        neg.s16 h h
        neg.s32 r r
        neg.s64 l l
        not.b16 h h
        not.b32 r r
        not.b64 l l
        not.pred p p
        or.b16 h hi hi
        or.b32 r ir ir
        or.b64 l il il
        or.pred p p p
        popc.b32 r r
        popc.b64 r l
        prmt.b32 r r r ir
        rcp.rn.f32 f f
        rcp.rn.f64 d d
        rem.s16 h h h
        rem.s32 r r r
        rem.s64 l l l
        rem.u16 h h h
        rem.u32 r r r
        rem.u64 l l l
        ret
        selp.b16 h hi hi p
        selp.b32 r ir ir p
        selp.b64 l il il p
        selp.f32 f fs fs p
        selp.f64 d Dd Dd p
        selp.s16 h hi hi p
        selp.s32 r ir ir p
        selp.s64 l il il p
        selp.u16 h hi hi p
        selp.u32 r ir ir p
        selp.u64 l il il p
        setp.eq.b16 p hi hi
        setp.eq.b32 p ir ir
        setp.eq.b64 p il il
        setp.eq.f32 p fs fs
        setp.eq.f64 p Dd Dd
        setp.eq.s16 p hi hi
        setp.eq.s32 p ir ir
        setp.eq.s64 p il il
        setp.eq.u16 p hi hi
        setp.eq.u32 p ir ir
        setp.eq.u64 p il il
        setp.equ.f32 p fs fs
        setp.equ.f64 p Dd Dd
        setp.ge.f32 p fs fs
        setp.ge.f64 p Dd Dd
        setp.ge.s16 p hi hi
        setp.ge.s32 p ir ir
        setp.ge.s64 p il il
        setp.ge.u16 p hi hi
        setp.ge.u32 p ir ir
        setp.ge.u64 p il il
        setp.geu.f32 p fs fs
        setp.geu.f64 p Dd Dd
        setp.gt.f32 p fs fs
        setp.gt.f64 p Dd Dd
        setp.gt.s16 p hi hi
        setp.gt.s32 p ir ir
        setp.gt.s64 p il il
        setp.gt.u16 p hi hi
        setp.gt.u32 p ir ir
        setp.gt.u64 p il il
        setp.gtu.f32 p fs fs
        setp.gtu.f64 p Dd Dd
        setp.le.f32 p fs fs
        setp.le.f64 p Dd Dd
        setp.le.s16 p hi hi
        setp.le.s32 p ir ir
        setp.le.s64 p il il
        setp.le.u16 p hi hi
        setp.le.u32 p ir ir
        setp.le.u64 p il il
        setp.leu.f32 p fs fs
        setp.leu.f64 p Dd Dd
        setp.lt.f32 p fs fs
        setp.lt.f64 p Dd Dd
        setp.lt.s16 p hi hi
        setp.lt.s32 p ir ir
        setp.lt.s64 p il il
        setp.lt.u16 p hi hi
        setp.lt.u32 p ir ir
        setp.lt.u64 p il il
        setp.ltu.f32 p fs fs
        setp.ltu.f64 p Dd Dd
        setp.nan.f32 p fs fs
        setp.nan.f64 p Dd Dd
        setp.ne.f32 p fs fs
        setp.ne.f64 p Dd Dd
        setp.ne.s16 p hi hi
        setp.ne.s32 p ir ir
        setp.ne.s64 p il il
        setp.ne.u16 p hi hi
        setp.ne.u32 p ir ir
        setp.ne.u64 p il il
        setp.neu.f32 p fs fs
        setp.neu.f64 p Dd Dd
        setp.num.f32 p fs fs
        setp.num.f64 p Dd Dd
        shfl.sync.bfly.b32 fr fr i i i ; 6.0 30
        shfl.sync.down.b32 fr fr i i i ; 6.0 30
        shfl.sync.idx.b32 fr fr i i i ; 6.0 30
        shl.b16 h h ir
        shl.b32 r r ir
        shl.b64 l l ir
        shr.s16 h h ir
        shr.s32 r r ir
        shr.s64 l l ir
        shr.u16 h h ir
        shr.u32 r r ir
        shr.u64 l l ir
        sqrt.rn.f32 f f
        sqrt.rn.f64 d d
        st.global.b16 m hr
        st.global.b32 m fr
        st.global.b64 m dl
        st.global.b8 m hr
        st.global.f32 m f
        st.global.f64 m d
        st.global.u16 m hr
        st.global.u32 m lr
        st.global.u64 m l
        st.global.u8 m hr
        st.shared.b16 m hr
        st.shared.b32 m fr
        st.shared.b64 m dl
        st.shared.b8 m hr
        st.shared.f32 m f
        st.shared.f64 m d
        st.shared.u16 m hr
        st.shared.u32 m lr
        st.shared.u64 m l
        st.shared.u8 m hr
        sub.rn.f32 f fs fs
        sub.rn.f64 d Dd Dd
        sub.s16 h hi hi
        sub.s32 r ir ir
        sub.s64 l il il
        sub.u16 h hi hi
        sub.u32 r ir ir
        sub.u64 l il il
        vote.sync.all.pred p p i ; 6.0 30
        vote.sync.any.pred p p i ; 6.0 30
        vote.sync.ballot.b32 r p i ; 6.0 30
        xor.b16 h hi hi
        xor.b32 r ir ir
        xor.b64 l il il
        xor.pred p p p
        """;

    private static readonly Dictionary<string, List<(string[] Operands, Version Version, int Capability)>> Forms = Read();

    /// <summary>The first line that is in no form, or in one that the text's own version and target do not have; null when all are.</summary>
    public static string? Problem(string ptx)
    {
        var version = Version.Parse(Header().Match(ptx).Groups["version"].Value);
        var capability = int.Parse(Header().Match(ptx).Groups["capability"].Value, CultureInfo.InvariantCulture);
        foreach (var line in ptx.Split('\n').Select(l => Comment().Replace(l, "").Trim()))
        {
            if (line.Length == 0 || line[0] is '{' or '}' or '(' or ')' || Directive().IsMatch(line))
            {
                continue;
            }

            if (Instruction().Match(line) is not { Success: true } found || !IsKnown(found.Groups["opcode"].Value, found.Groups["operands"].Value, version, capability))
            {
                return line;
            }
        }

        return null;
    }

    private static bool IsKnown(string opcode, string operands, Version version, int capability)
    {
        string[] parts = [.. Operand().Split(operands).Where(o => o.Length > 0)];
        return Forms.TryGetValue(opcode, out var forms) && forms.Any(f => f.Version <= version && f.Capability <= capability && f.Operands.Length == parts.Length
            && f.Operands.Zip(parts).All(p => Kind(p.Second) is { } kind && p.First.Contains(kind, StringComparison.Ordinal)));
    }

    private static string? Kind(string operand) => operand switch
    {
        _ when Registers().Match(operand) is { Success: true } register => register.Groups["class"].Value switch { "p" => "p", "rs" => "h", "r" => "r", "rd" => "l", "f" => "f", _ => "d" },
        _ when Integer().IsMatch(operand) => "i",
        _ when Single().IsMatch(operand) => "s",
        _ when Double().IsMatch(operand) => "D",
        _ when Memory().IsMatch(operand) => "m",
        _ when operand.StartsWith("$L__BB", StringComparison.Ordinal) => "t",
        "%tid.x" or "%ntid.x" or "%ctaid.x" or "%nctaid.x" => "S",
        _ when Symbol().IsMatch(operand) => "g",
        _ => null,
    };

    private static Dictionary<string, List<(string[] Operands, Version Version, int Capability)>> Read()
    {
        var forms = new Dictionary<string, List<(string[], Version, int)>>(StringComparer.Ordinal);
        foreach (var row in Table.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (form, since) = row.Split(';') is [var left, var right] ? (left, right.Trim().Split(' ')) : (row, ["2.3", "20"]);
            string[] words = form.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!forms.TryGetValue(words[0], out var list))
            {
                forms.Add(words[0], list = []);
            }

            list.Add((words[1..], Version.Parse(since[0]), int.Parse(since[1], CultureInfo.InvariantCulture)));
        }

        return forms;
    }

    [GeneratedRegex(@"\.version (?<version>\d+\.\d+)\s+\.target sm_(?<capability>\d+)")]
    private static partial Regex Header();

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    // What surrounds instructions: the head of the text, entries and their parameters, registers, shared memory, labels.
    [GeneratedRegex(@"^(\.version \d+\.\d+|\.target sm_\d+a?|\.address_size 64|\.visible \.entry \w+\(|\.param \.u(32|64) \w+,?|\.maxntid (32|128), 1, 1|\.reg \.(pred|b16|b32|f32|b64|f64)\s+%(p|rs|r|f|rd|fd)<\d+>;|(\.visible )?\.shared \.align \d+ \.b8 \w+\[\d+\];|\$L__BB\d+_\d+:)$")]
    private static partial Regex Directive();

    [GeneratedRegex(@"^(@!?%p\d+\s+)?(?<opcode>[a-z][a-z0-9]*(\.[a-z0-9]+)*)(\s+(?<operands>[^;]+))?;$")]
    private static partial Regex Instruction();

    [GeneratedRegex(@",\s*")]
    private static partial Regex Operand();

    [GeneratedRegex(@"^%(?<class>p|rs|rd|r|fd|f)\d+$")]
    private static partial Regex Registers();

    [GeneratedRegex(@"^-?\d+$")]
    private static partial Regex Integer();

    [GeneratedRegex("^0f[0-9A-F]{8}$")]
    private static partial Regex Single();

    [GeneratedRegex("^0d[0-9A-F]{16}$")]
    private static partial Regex Double();

    [GeneratedRegex(@"^\[(%rd\d+|\w+)(\+-?\d+)?\]$")]
    private static partial Regex Memory();

    [GeneratedRegex(@"^[A-Za-z_]\w*$")]
    private static partial Regex Symbol();
}
