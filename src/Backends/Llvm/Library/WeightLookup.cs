using SparseDsl.Backends.Llvm.Emit;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>
/// Functions that read files of packed weights, as LLVM text; <c>SparseDsl.Runtime.WeightFile</c> describes the format. Nothing outside the given bytes is read, whatever is
/// in them. Checksums are not compared: that would read all data before the first call.
/// </summary>
internal static class WeightLookup
{
    private const int HeaderLength = 128;

    /// <summary>Appends <c>i1 @sd.same(a, b, n)</c>, <c>i1 @sd.sound(file, size)</c> and <c>ptr @sd.find(file, size, name, length, element, length, bytes)</c>.</summary>
    public static void Write(Module module) => module.AddText(Text);

    private static readonly string Text = $$"""
        @sd.magic = internal constant [8 x i8] c"SDWEIGHT"

        ; whether two arrays of n bytes are the same
        define internal i1 @sd.same(ptr %a, ptr %b, i64 %n) #0 {
        entry:
          br label %test
        test:
          %i = phi i64 [ 0, %entry ], [ %next, %equal ]
          %more = icmp ult i64 %i, %n
          br i1 %more, label %compare, label %done
        compare:
          %pa = getelementptr i8, ptr %a, i64 %i
          %pb = getelementptr i8, ptr %b, i64 %i
          %x = load i8, ptr %pa
          %y = load i8, ptr %pb
          %same = icmp eq i8 %x, %y
          br i1 %same, label %equal, label %done
        equal:
          %next = add i64 %i, 1
          br label %test
        done:
          %result = phi i1 [ true, %test ], [ false, %compare ]
          ret i1 %result
        }

        ; whether the header is that of a whole file of weights
        define internal i1 @sd.sound(ptr %file, i64 %size) #0 {
        entry:
          %there = icmp ne ptr %file, null
          %long = icmp uge i64 %size, {{LlvmTypes.Digits(HeaderLength)}}
          %readable = and i1 %there, %long
          br i1 %readable, label %read, label %bad
        read:
          %magic = call i1 @sd.same(ptr %file, ptr @sd.magic, i64 8)
          %versionAt = getelementptr i8, ptr %file, i64 8
          %version = load i32, ptr %versionAt, align 1
          %known = icmp eq i32 %version, 2
          %lengthAt = getelementptr i8, ptr %file, i64 80
          %length = load i64, ptr %lengthAt, align 1
          %whole = icmp eq i64 %length, %size
          %indexAt = getelementptr i8, ptr %file, i64 88
          %index = load i64, ptr %indexAt, align 1
          %room = sub i64 %size, {{LlvmTypes.Digits(HeaderLength)}}
          %inside = icmp ule i64 %index, %room
          %named = icmp uge i64 %index, 2
          %ok1 = and i1 %magic, %known
          %ok2 = and i1 %whole, %inside
          %ok3 = and i1 %ok1, %ok2
          %ok4 = and i1 %ok3, %named
          ret i1 %ok4
        bad:
          ret i1 false
        }

        ; the first byte of an array, and its length; null when it is not there
        define internal ptr @sd.find(ptr %file, i64 %size, ptr %name, i64 %nameLength, ptr %element, i64 %elementLength, ptr %bytes) #0 {
        entry:
          %countAt = getelementptr i8, ptr %file, i64 12
          %count32 = load i32, ptr %countAt, align 1
          %count = zext i32 %count32 to i64
          %indexAt = getelementptr i8, ptr %file, i64 88
          %index = load i64, ptr %indexAt, align 1
          %end = add i64 %index, {{LlvmTypes.Digits(HeaderLength)}}
          %modelAt = getelementptr i8, ptr %file, i64 {{LlvmTypes.Digits(HeaderLength)}}
          %model16 = load i16, ptr %modelAt, align 1
          %model = zext i16 %model16 to i64
          %first = add i64 %model, {{LlvmTypes.Digits(HeaderLength + 2)}}
          br label %test
        test:
          %i = phi i64 [ 0, %entry ], [ %iNext, %next ]
          %at = phi i64 [ %first, %entry ], [ %atNext, %next ]
          %more = icmp ult i64 %i, %count
          %nameAt = add i64 %at, 2
          %nameIn = icmp ule i64 %nameAt, %end
          %go = and i1 %more, %nameIn
          br i1 %go, label %length, label %missing
        length:
          %pLength = getelementptr i8, ptr %file, i64 %at
          %length16 = load i16, ptr %pLength, align 1
          %found = zext i16 %length16 to i64
          %typeLengthAt = add i64 %nameAt, %found
          %typeAt = add i64 %typeLengthAt, 1
          %typeIn = icmp ule i64 %typeAt, %end
          br i1 %typeIn, label %type, label %missing
        type:
          %pType = getelementptr i8, ptr %file, i64 %typeLengthAt
          %type8 = load i8, ptr %pType
          %typeFound = zext i8 %type8 to i64
          %offsetAt = add i64 %typeAt, %typeFound
          %atNext = add i64 %offsetAt, 16
          %entryIn = icmp ule i64 %atNext, %end
          br i1 %entryIn, label %match, label %missing
        match:
          %sameLength = icmp eq i64 %found, %nameLength
          %sameType = icmp eq i64 %typeFound, %elementLength
          %lengths = and i1 %sameLength, %sameType
          br i1 %lengths, label %letters, label %next
        letters:
          %pName = getelementptr i8, ptr %file, i64 %nameAt
          %nameSame = call i1 @sd.same(ptr %pName, ptr %name, i64 %nameLength)
          %pElement = getelementptr i8, ptr %file, i64 %typeAt
          %elementSame = call i1 @sd.same(ptr %pElement, ptr %element, i64 %elementLength)
          %both = and i1 %nameSame, %elementSame
          br i1 %both, label %hit, label %next
        next:
          %iNext = add i64 %i, 1
          br label %test
        hit:
          %pOffset = getelementptr i8, ptr %file, i64 %offsetAt
          %offset = load i64, ptr %pOffset, align 1
          %pBytes = getelementptr i8, ptr %pOffset, i64 8
          %length8 = load i64, ptr %pBytes, align 1
          %starts = icmp ule i64 %offset, %size
          %rest = sub i64 %size, %offset
          %fits = icmp ule i64 %length8, %rest
          %inside = and i1 %starts, %fits
          br i1 %inside, label %give, label %missing
        give:
          store i64 %length8, ptr %bytes
          %array = getelementptr i8, ptr %file, i64 %offset
          ret ptr %array
        missing:
          ret ptr null
        }


        """.ReplaceLineEndings("\n");
}
