%% SPDX-License-Identifier: Apache-2.0
%% What all workloads need to measure.

-module(bench_measure).
-export([now_ns/0, ns_each/2, p50_and_p99/1, receive_all/2, repeat/2, warm_up/1]).
-export([expect_crowd/0, spawn_crowded/1, memory_bytes/1]).

now_ns() ->
    erlang:monotonic_time(nanosecond).

ns_each(Count, Work) ->
    Began = now_ns(),
    Work(),
    (now_ns() - Began) / Count.

p50_and_p99(Samples) ->
    Sorted = list_to_tuple(lists:sort(Samples)),
    Last = tuple_size(Sorted) - 1,
    [{"_p50", element(Last div 2 + 1, Sorted)}, {"_p99", element(Last * 99 div 100 + 1, Sorted)}].

receive_all(_, 0) ->
    ok;
receive_all(Message, Count) ->
    receive Message -> receive_all(Message, Count - 1) end.

repeat(0, _) ->
    ok;
repeat(Times, Work) ->
    Work(),
    repeat(Times - 1, Work).

%% How much of a workload is done before the clock starts.
warm_up(Count) ->
    Count div 10 + 1.

%% Many messages will wait for the calling process: they are no part of its heap then, and so
%% no garbage collection looks at them.
expect_crowd() ->
    process_flag(message_queue_data, off_heap).

spawn_crowded(Work) ->
    spawn_opt(Work, [{message_queue_data, off_heap}]).

%% VmRSS: what the machine holds in memory for the whole of Erlang now; VmHWM: the most it ever did.
memory_bytes(Which) ->
    {ok, Status} = file:read_file("/proc/self/status"),
    {match, [Kibibytes]} =
        re:run(Status, Which ++ ":\\s*(\\d+) kB", [{capture, all_but_first, binary}]),
    binary_to_integer(Kibibytes) * 1024.
