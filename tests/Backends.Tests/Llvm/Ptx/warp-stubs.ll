; A GPU's threads on a processor of x86-64: what kernels for a warp call, in LLVM IR. The 32 threads of a warp are coroutines, each with a stack of its own, on the
; caller's thread; one runs until all have to meet (a shuffle, a vote, a barrier), and then the next does. So a kernel that forgets to wait reads what is not there yet,
; every time: first with the threads in ascending, then in descending order. Warps run one after the other.

@w.sp = internal global [33 x ptr] zeroinitializer             ; where the stack of each thread stands, and the caller's
@w.done = internal global [32 x i8] zeroinitializer
@w.count = internal global [32 x i32] zeroinitializer          ; how often each has met the others
@w.kind = internal global [2 x [32 x i32]] zeroinitializer     ; at its last meeting, and at the one before that: what for
@w.slot = internal global [2 x [32 x i32]] zeroinitializer     ; and what it brought
@w.lane = internal global i32 0
@w.step = internal global i32 1
@w.first = internal global i32 0
@w.error = internal global i32 0
@w.base = internal global i32 0
@w.block = internal global i32 0
@w.threads = internal global i32 0
@w.blocks = internal global i32 0
@w.kernel = internal global ptr null
@w.params = internal global ptr null

; Saves the registers that a call keeps and the stack pointer, and goes on where another stack was left.
define internal void @w.switch(ptr %save, ptr %to) naked noinline {
  call void asm sideeffect "pushq %rbp\0Apushq %rbx\0Apushq %r12\0Apushq %r13\0Apushq %r14\0Apushq %r15\0Amovq %rsp, (%rdi)\0Amovq %rsi, %rsp\0Apopq %r15\0Apopq %r14\0Apopq %r13\0Apopq %r12\0Apopq %rbx\0Apopq %rbp\0Aretq", ""()
  unreachable
}

define internal void @w.go(i32 %from, i32 %to) noinline {
  %to.at = getelementptr [33 x ptr], ptr @w.sp, i64 0, i32 %to
  %from.at = getelementptr [33 x ptr], ptr @w.sp, i64 0, i32 %from
  %sp = load ptr, ptr %to.at
  store i32 %to, ptr @w.lane
  call void @w.switch(ptr %from.at, ptr %sp)
  ret void
}

; A thread begins, and is done.
define internal void @w.entry() noinline {
  %kernel = load ptr, ptr @w.kernel
  %params = load ptr, ptr @w.params
  call void %kernel(ptr %params)
  %lane = load i32, ptr @w.lane
  %done.at = getelementptr [32 x i8], ptr @w.done, i64 0, i32 %lane
  store i8 1, ptr %done.at
  %step = load i32, ptr @w.step
  %sum = add i32 %lane, %step
  %next = and i32 %sum, 31
  %first = load i32, ptr @w.first
  %last = icmp eq i32 %next, %first
  br i1 %last, label %end, label %more
more:
  call void @w.go(i32 %lane, i32 %next)
  br label %end
end:
  call void @w.go(i32 %lane, i32 32)
  unreachable
}

; Meets the other threads. Returns which half of the slots has what they brought.
define internal i32 @w.meet(i32 %kind, i32 %value) noinline {
  %lane = load i32, ptr @w.lane
  %count.at = getelementptr [32 x i32], ptr @w.count, i64 0, i32 %lane
  %count = load i32, ptr %count.at
  %half = and i32 %count, 1
  %more = add i32 %count, 1
  store i32 %more, ptr %count.at
  %slot = getelementptr [2 x [32 x i32]], ptr @w.slot, i64 0, i32 %half, i32 %lane
  store i32 %value, ptr %slot
  %kind.at = getelementptr [2 x [32 x i32]], ptr @w.kind, i64 0, i32 %half, i32 %lane
  store i32 %kind, ptr %kind.at
  %step = load i32, ptr @w.step
  %sum = add i32 %lane, %step
  %next = and i32 %sum, 31
  %done.at = getelementptr [32 x i8], ptr @w.done, i64 0, i32 %next
  %done = load i8, ptr %done.at
  %gone = icmp ne i8 %done, 0
  br i1 %gone, label %apart, label %together
apart:                                                         ; some threads wait for others that have left
  store i32 1, ptr @w.error
  call void @w.go(i32 %lane, i32 32)
  unreachable
together:
  call void @w.go(i32 %lane, i32 %next)
  br label %check
check:                                                         ; all must have come, for the same
  %i = phi i32 [ 0, %together ], [ %i.next, %same ]
  %other.at = getelementptr [2 x [32 x i32]], ptr @w.kind, i64 0, i32 %half, i32 %i
  %other = load i32, ptr %other.at
  %other.count.at = getelementptr [32 x i32], ptr @w.count, i64 0, i32 %i
  %other.count = load i32, ptr %other.count.at
  %behind = icmp slt i32 %other.count, %more
  %differs = icmp ne i32 %other, %kind
  %bad = or i1 %behind, %differs
  br i1 %bad, label %apart, label %same
same:
  %i.next = add i32 %i, 1
  %again = icmp ult i32 %i.next, 32
  br i1 %again, label %check, label %met
met:
  ret i32 %half
}

define internal i32 @w.from(i32 %half, i32 %lane) {
  %slot = getelementptr [2 x [32 x i32]], ptr @w.slot, i64 0, i32 %half, i32 %lane
  %value = load i32, ptr %slot
  ret i32 %value
}

; ------------------------------------------------------------------------------------------------------ what kernels call

define internal i32 @nvvm.read.ptx.sreg.tid.x() noinline {
  %base = load i32, ptr @w.base
  %lane = load i32, ptr @w.lane
  %tid = add i32 %base, %lane
  ret i32 %tid
}

define internal i32 @nvvm.read.ptx.sreg.ntid.x() noinline {
  %value = load i32, ptr @w.threads
  ret i32 %value
}

define internal i32 @nvvm.read.ptx.sreg.ctaid.x() noinline {
  %value = load i32, ptr @w.block
  ret i32 %value
}

define internal i32 @nvvm.read.ptx.sreg.nctaid.x() noinline {
  %value = load i32, ptr @w.blocks
  ret i32 %value
}

define internal void @nvvm.bar.warp.sync(i32 %members) noinline {
  %half = call i32 @w.meet(i32 1, i32 0)
  ret void
}

define internal i32 @nvvm.shfl.sync.bfly.i32(i32 %members, i32 %value, i32 %b, i32 %c) noinline {
  %kind = add i32 %b, 256
  %half = call i32 @w.meet(i32 %kind, i32 %value)
  %lane = load i32, ptr @w.lane
  %source = xor i32 %lane, %b
  %result = call i32 @w.from(i32 %half, i32 %source)
  ret i32 %result
}

define internal i32 @nvvm.shfl.sync.down.i32(i32 %members, i32 %value, i32 %b, i32 %c) noinline {
  %kind = add i32 %b, 512
  %half = call i32 @w.meet(i32 %kind, i32 %value)
  %lane = load i32, ptr @w.lane
  %below = add i32 %lane, %b
  %inside = icmp ule i32 %below, %c
  %source = select i1 %inside, i32 %below, i32 %lane
  %result = call i32 @w.from(i32 %half, i32 %source)
  ret i32 %result
}

define internal i32 @nvvm.shfl.sync.idx.i32(i32 %members, i32 %value, i32 %b, i32 %c) noinline {
  %kind = add i32 %b, 768
  %half = call i32 @w.meet(i32 %kind, i32 %value)
  %result = call i32 @w.from(i32 %half, i32 %b)
  ret i32 %result
}

define internal float @nvvm.shfl.sync.bfly.f32(i32 %members, float %value, i32 %b, i32 %c) noinline {
  %bits = bitcast float %value to i32
  %other = call i32 @nvvm.shfl.sync.bfly.i32(i32 %members, i32 %bits, i32 %b, i32 %c)
  %result = bitcast i32 %other to float
  ret float %result
}

define internal float @nvvm.shfl.sync.down.f32(i32 %members, float %value, i32 %b, i32 %c) noinline {
  %bits = bitcast float %value to i32
  %other = call i32 @nvvm.shfl.sync.down.i32(i32 %members, i32 %bits, i32 %b, i32 %c)
  %result = bitcast i32 %other to float
  ret float %result
}

define internal float @nvvm.shfl.sync.idx.f32(i32 %members, float %value, i32 %b, i32 %c) noinline {
  %bits = bitcast float %value to i32
  %other = call i32 @nvvm.shfl.sync.idx.i32(i32 %members, i32 %bits, i32 %b, i32 %c)
  %result = bitcast i32 %other to float
  ret float %result
}

define internal i32 @nvvm.vote.ballot.sync(i32 %members, i1 %predicate) noinline {
entry:
  %mine = zext i1 %predicate to i32
  %half = call i32 @w.meet(i32 2, i32 %mine)
  br label %next
next:
  %i = phi i32 [ 0, %entry ], [ %i.next, %next ]
  %bits = phi i32 [ 0, %entry ], [ %bits.next, %next ]
  %one = call i32 @w.from(i32 %half, i32 %i)
  %bit = shl i32 %one, %i
  %bits.next = or i32 %bits, %bit
  %i.next = add i32 %i, 1
  %more = icmp ult i32 %i.next, 32
  br i1 %more, label %next, label %end
end:
  ret i32 %bits.next
}

define internal i1 @nvvm.vote.any.sync(i32 %members, i1 %predicate) noinline {
  %bits = call i32 @nvvm.vote.ballot.sync(i32 %members, i1 %predicate)
  %result = icmp ne i32 %bits, 0
  ret i1 %result
}

define internal i1 @nvvm.vote.all.sync(i32 %members, i1 %predicate) noinline {
  %bits = call i32 @nvvm.vote.ballot.sync(i32 %members, i1 %predicate)
  %result = icmp eq i32 %bits, -1
  ret i1 %result
}

; Four products of unsigned and signed bytes, and a sum.
define internal i32 @nvvm.dp4a(i32 %a, i32 %b, i32 %c) noinline {
  %x = bitcast i32 %a to <4 x i8>
  %y = bitcast i32 %b to <4 x i8>
  %xs = zext <4 x i8> %x to <4 x i32>
  %ys = sext <4 x i8> %y to <4 x i32>
  %products = mul <4 x i32> %xs, %ys
  %p0 = extractelement <4 x i32> %products, i64 0
  %p1 = extractelement <4 x i32> %products, i64 1
  %p2 = extractelement <4 x i32> %products, i64 2
  %p3 = extractelement <4 x i32> %products, i64 3
  %s0 = add i32 %p0, %p1
  %s1 = add i32 %p2, %p3
  %s2 = add i32 %s0, %s1
  %sum = add i32 %s2, %c
  ret i32 %sum
}

; ---------------------------------------------------------------------------------------------------------------- launches

define internal void @w.warp(ptr %stacks, i64 %bytes, i32 %step) noinline {
entry:
  %up = icmp eq i32 %step, 1
  %first = select i1 %up, i32 0, i32 31
  store i32 %step, ptr @w.step
  store i32 %first, ptr @w.first
  br label %next
next:
  %i = phi i32 [ 0, %entry ], [ %i.next, %next ]
  %wide = zext i32 %i to i64
  %number = add i64 %wide, 1
  %end = mul i64 %number, %bytes
  %top = getelementptr i8, ptr %stacks, i64 %end
  %return = getelementptr i8, ptr %top, i64 -16
  store ptr @w.entry, ptr %return
  %sp = getelementptr i8, ptr %return, i64 -48
  call void @llvm.memset.p0.i64(ptr %sp, i8 0, i64 48, i1 false)
  %sp.at = getelementptr [33 x ptr], ptr @w.sp, i64 0, i32 %i
  store ptr %sp, ptr %sp.at
  %done.at = getelementptr [32 x i8], ptr @w.done, i64 0, i32 %i
  store i8 0, ptr %done.at
  %count.at = getelementptr [32 x i32], ptr @w.count, i64 0, i32 %i
  store i32 0, ptr %count.at
  %i.next = add i32 %i, 1
  %more = icmp ult i32 %i.next, 32
  br i1 %more, label %next, label %run
run:
  call void @w.go(i32 32, i32 %first)
  ret void
}

; Runs a grid. kernel: a function that takes the addresses of parameters. Returns 0, or 1 when the threads of a warp did not do the same.
define i32 @w.launch(ptr %kernel, ptr %params, i32 %blocks, i32 %threads, ptr %stacks, i64 %bytes, i32 %order) noinline {
entry:
  store ptr %kernel, ptr @w.kernel
  store ptr %params, ptr @w.params
  store i32 %blocks, ptr @w.blocks
  store i32 %threads, ptr @w.threads
  store i32 0, ptr @w.error
  br label %block
block:
  %b = phi i32 [ 0, %entry ], [ %b.next, %warps.end ]
  store i32 %b, ptr @w.block
  br label %warp
warp:
  %base = phi i32 [ 0, %block ], [ %base.next, %good ]
  store i32 %base, ptr @w.base
  call void @w.warp(ptr %stacks, i64 %bytes, i32 %order)
  %error = load i32, ptr @w.error
  %bad = icmp ne i32 %error, 0
  br i1 %bad, label %end, label %good
good:
  %base.next = add i32 %base, 32
  %warps.more = icmp ult i32 %base.next, %threads
  br i1 %warps.more, label %warp, label %warps.end
warps.end:
  %b.next = add i32 %b, 1
  %blocks.more = icmp ult i32 %b.next, %blocks
  br i1 %blocks.more, label %block, label %end
end:
  %result = load i32, ptr @w.error
  ret i32 %result
}

declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
