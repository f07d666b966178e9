%% SPDX-License-Identifier: Apache-2.0
%% What a process costs: to start and end one, and to have one.

-module(bench_spawning).
-export([spawn_exit/1, spawn_chain/1, memory_process/1, memory_server/1]).
-import(bench_measure, [ns_each/2, receive_all/2, warm_up/1, memory_bytes/1]).

spawn_exit(Count) ->
    bench_measure:expect_crowd(),
    spawn_and_hear(warm_up(Count)),
    [{"", ns_each(Count, fun() -> spawn_and_hear(Count) end)}].

spawn_and_hear(Count) ->
    spawn_all(self(), Count),
    receive_all(hello, Count).

spawn_all(_, 0) ->
    ok;
spawn_all(Me, Left) ->
    spawn(fun() -> Me ! hello end),
    spawn_all(Me, Left - 1).

spawn_chain(Count) ->
    spawn_a_chain(warm_up(Count)),
    [{"", ns_each(Count, fun() -> spawn_a_chain(Count) end)}].

spawn_a_chain(Count) ->
    Me = self(),
    spawn(fun() -> spawn_next(Me, Count - 1) end),
    receive done -> ok end.

spawn_next(First, 0) ->
    First ! done;
spawn_next(First, Left) ->
    spawn(fun() -> spawn_next(First, Left - 1) end).

memory_process(Count) ->
    memory_each(Count, fun spawn_idle/1).

memory_server(Count) ->
    memory_each(Count, fun start_idle_servers/1).

memory_each(Count, Start) ->
    Start(1),
    Before = memory_bytes("VmRSS"),
    Start(Count),
    [{"", (memory_bytes("VmRSS") - Before) / Count}].

%% In batches, so that what they say to each other is no part of what is measured.
spawn_idle(0) ->
    ok;
spawn_idle(Left) ->
    Batch = min(Left, 1000),
    Me = self(),
    bench_measure:repeat(Batch, fun() -> spawn(fun() -> idle(Me) end) end),
    receive_all(hello, Batch),
    spawn_idle(Left - Batch).

idle(Starter) ->
    Starter ! hello,
    receive done -> ok end.

start_idle_servers(Count) ->
    bench_measure:repeat(Count, fun() -> {ok, _} = gen_server:start(bench_servant, nobody, []) end).
