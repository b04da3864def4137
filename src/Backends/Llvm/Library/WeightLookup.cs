using SparseDsl.Backends.Llvm.Emit;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>
/// Functions that read files of packed weights, as LLVM text; <c>SparseDsl.Runtime.WeightFile</c> describes the format. Nothing outside the given bytes is read, whatever is
/// in them, and both checksums are compared: all bytes are read once.
/// </summary>
internal static class WeightLookup
{
    private const int HeaderLength = 128;

    // FNV-1a, of 64 bits.
    private const long Offset = -3750763034362895579;
    private const long Prime = 1099511628211;

    /// <summary>Appends <c>i1 @sd.same(a, b, n)</c>, <c>i1 @sd.sound(file, size)</c> and <c>ptr @sd.find(file, size, name, length, element, length, bytes)</c>.</summary>
    public static void Write(Module module)
    {
        module.Declare("i64", "llvm.umin.i64", ["i64 0", "i64 0"]);
        module.AddText(Text);
    }

    private static readonly string Text = $$"""
        @sd.magic = internal constant [8 x i8] c"SDWEIGHT"
        @sd.zeros = internal constant [32 x i8] zeroinitializer

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

        ; the sums of nothing
        define internal void @sd.begin(ptr %sums) #0 {
        entry:
          store <4 x i64> <{{string.Join(", ", Enumerable.Range(0, 4).Select(i => "i64 " + LlvmTypes.Digits(Offset + i)))}}>, ptr %sums, align 8
          ret void
        }

        ; four sums, each over every fourth word; a length that is no multiple of 32 is rounded down
        define internal void @sd.mix(ptr %sums, ptr %data, i64 %length) #0 {
        entry:
          %p1 = getelementptr i64, ptr %sums, i64 1
          %p2 = getelementptr i64, ptr %sums, i64 2
          %p3 = getelementptr i64, ptr %sums, i64 3
          %a0 = load i64, ptr %sums
          %b0 = load i64, ptr %p1
          %c0 = load i64, ptr %p2
          %d0 = load i64, ptr %p3
          br label %test
        test:
          %at = phi i64 [ 0, %entry ], [ %end, %words ]
          %a = phi i64 [ %a0, %entry ], [ %aNext, %words ]
          %b = phi i64 [ %b0, %entry ], [ %bNext, %words ]
          %c = phi i64 [ %c0, %entry ], [ %cNext, %words ]
          %d = phi i64 [ %d0, %entry ], [ %dNext, %words ]
          %end = add i64 %at, 32
          %more = icmp ule i64 %end, %length
          br i1 %more, label %words, label %done
        words:
          %w0At = getelementptr i8, ptr %data, i64 %at
          %w1At = getelementptr i64, ptr %w0At, i64 1
          %w2At = getelementptr i64, ptr %w0At, i64 2
          %w3At = getelementptr i64, ptr %w0At, i64 3
          %w0 = load i64, ptr %w0At, align 1
          %w1 = load i64, ptr %w1At, align 1
          %w2 = load i64, ptr %w2At, align 1
          %w3 = load i64, ptr %w3At, align 1
          %ax = xor i64 %a, %w0
          %bx = xor i64 %b, %w1
          %cx = xor i64 %c, %w2
          %dx = xor i64 %d, %w3
          %aNext = mul i64 %ax, {{LlvmTypes.Digits(Prime)}}
          %bNext = mul i64 %bx, {{LlvmTypes.Digits(Prime)}}
          %cNext = mul i64 %cx, {{LlvmTypes.Digits(Prime)}}
          %dNext = mul i64 %dx, {{LlvmTypes.Digits(Prime)}}
          br label %test
        done:
          store i64 %a, ptr %sums
          store i64 %b, ptr %p1
          store i64 %c, ptr %p2
          store i64 %d, ptr %p3
          ret void
        }

        ; the checksum: a sum over the four
        define internal i64 @sd.sum(ptr %sums) #0 {
        entry:
          br label %next
        next:
          %i = phi i64 [ 0, %entry ], [ %j, %next ]
          %sum = phi i64 [ {{LlvmTypes.Digits(Offset)}}, %entry ], [ %product, %next ]
          %p = getelementptr i64, ptr %sums, i64 %i
          %x = load i64, ptr %p
          %mixed = xor i64 %sum, %x
          %product = mul i64 %mixed, {{LlvmTypes.Digits(Prime)}}
          %j = add i64 %i, 1
          %more = icmp ult i64 %j, 4
          br i1 %more, label %next, label %done
        done:
          ret i64 %product
        }

        ; whether it is a whole file of weights, as it was written
        define internal i1 @sd.sound(ptr %file, i64 %size) #0 {
        entry:
          %sums = alloca [4 x i64], align 8
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
          br i1 %ok4, label %compare, label %bad
        compare:
          %ends = add i64 %index, {{LlvmTypes.Digits(HeaderLength + 63)}}
          %aligned = and i64 %ends, -64
          %data = call i64 @llvm.umin.i64(i64 %aligned, i64 %size)
          %indexLength = sub i64 %data, {{LlvmTypes.Digits(HeaderLength)}}
          %indexStart = getelementptr i8, ptr %file, i64 {{LlvmTypes.Digits(HeaderLength)}}
          call void @sd.begin(ptr %sums)
          call void @sd.mix(ptr %sums, ptr %file, i64 96)
          call void @sd.mix(ptr %sums, ptr @sd.zeros, i64 32)
          call void @sd.mix(ptr %sums, ptr %indexStart, i64 %indexLength)
          %indexSum = call i64 @sd.sum(ptr %sums)
          %indexSumAt = getelementptr i8, ptr %file, i64 96
          %indexWanted = load i64, ptr %indexSumAt, align 1
          %ok5 = icmp eq i64 %indexSum, %indexWanted
          br i1 %ok5, label %content, label %bad
        content:
          %dataLength = sub i64 %size, %data
          %dataStart = getelementptr i8, ptr %file, i64 %data
          call void @sd.begin(ptr %sums)
          call void @sd.mix(ptr %sums, ptr %dataStart, i64 %dataLength)
          %dataSum = call i64 @sd.sum(ptr %sums)
          %dataSumAt = getelementptr i8, ptr %file, i64 104
          %dataWanted = load i64, ptr %dataSumAt, align 1
          %ok6 = icmp eq i64 %dataSum, %dataWanted
          ret i1 %ok6
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
