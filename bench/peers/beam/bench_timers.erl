%% SPDX-License-Identifier: Apache-2.0
%% Timers, by the million and one that shares the cores with processes that never rest.

-module(bench_timers).
-export([timer_set/1, timer_cancel/1, timer_fire/1, timer_burst/1, fairness/1]).
-import(bench_measure, [now_ns/0, ns_each/2, receive_all/2, warm_up/1]).

timer_set(Count) ->
    cancel_timers(set_timers(warm_up(Count))),
    [{"", ns_each(Count, fun() -> set_timers(Count) end)}].

timer_cancel(Count) ->
    cancel_timers(set_timers(warm_up(Count))),
    All = set_timers(Count),
    [{"", ns_each(Count, fun() -> cancel_timers(All) end)}].

set_timers(Count) ->
    set_timers(self(), Count, []).

%% Far away and in no order.
set_timers(_, 0, All) ->
    All;
set_timers(Me, Left, All) ->
    Spread = Left * 7919 rem 1000003,
    set_timers(Me, Left - 1, [erlang:send_after(3600000 + Spread, Me, tick) | All]).

cancel_timers([]) ->
    ok;
cancel_timers([Timer | Others]) ->
    erlang:cancel_timer(Timer, [{async, true}, {info, false}]),
    cancel_timers(Others).

%% All are due at one moment; the clock starts then, or when the last is set if that is later.
%% Due one after the other within a second. What they cost the processors.
timer_fire(Count) ->
    set_within_a_second(self(), time_to_set(Count), Count, Count),
    {Before, _} = erlang:statistics(runtime),
    receive_all(tick, Count),
    {After, _} = erlang:statistics(runtime),
    [{"", (After - Before) * 1000000 / Count}].

set_within_a_second(_, _, _, 0) ->
    ok;
set_within_a_second(Me, First, Count, Left) ->
    Due = First + (Count - Left) * 1000 div Count,
    erlang:send_after(Due, Me, tick, [{abs, true}]),
    set_within_a_second(Me, First, Count, Left - 1).

%% All are due at one moment; the clock starts then, or when the last is set if that is later.
timer_burst(Count) ->
    Due = time_to_set(Count),
    set_due(self(), Due, Count),
    Began = max(Due * 1000000, now_ns()),
    receive_all(tick, Count),
    [{"", (now_ns() - Began) / Count}].

set_due(_, _, 0) ->
    ok;
set_due(Me, Due, Left) ->
    erlang:send_after(Due, Me, tick, [{abs, true}]),
    set_due(Me, Due, Left - 1).

%% When so many timers will have been set.
time_to_set(Count) ->
    erlang:monotonic_time(millisecond) + 100 + 2 * Count div 1000.

fairness(Count) ->
    [spawn(fun never_rest/0) || _ <- lists:seq(1, 2 * erlang:system_info(logical_processors_online))],
    bench_measure:p50_and_p99([lateness() || _ <- lists:seq(1, Count)]).

%% Of waking after a millisecond.
lateness() ->
    ns_each(1, fun() -> receive after 1 -> ok end end) - 1000000.

never_rest() ->
    self() ! tick,
    receive tick -> never_rest() end.
