%% SPDX-License-Identifier: Apache-2.0
%% Two processes, or a ring of them, and one message on its way at a time.

-module(bench_messages).
-export([ping_pong/1, ping_pong_in_pairs/2, calls/1, ring/2, payload/2]).
-import(bench_measure, [ns_each/2, receive_all/2, warm_up/1]).

ping_pong(Count) ->
    Me = self(),
    Peer = spawn(fun() -> return_balls(Me) end),
    play(Peer, warm_up(Count)),
    Each = ns_each(Count, fun() -> play(Peer, Count) end),
    exit(Peer, kill),
    [{"", Each}].

play(_, 0) ->
    ok;
play(Peer, Left) ->
    Peer ! ball,
    receive ball -> play(Peer, Left - 1) end.

return_balls(To) ->
    receive ball -> To ! ball end,
    return_balls(To).

ping_pong_in_pairs(Pairs, Count) ->
    Me = self(),
    Share = max(Count div Pairs, 1),
    Players = [spawn(fun() -> player(Me, Share) end) || _ <- lists:seq(1, Pairs)],
    receive_all(ready, Pairs),
    Each = ns_each(Share * Pairs, fun() ->
        [Player ! go || Player <- Players],
        receive_all(done, Pairs)
    end),
    [{"", Each}].

player(Referee, Count) ->
    Me = self(),
    Peer = spawn(fun() -> return_balls(Me) end),
    play(Peer, warm_up(Count)),
    Referee ! ready,
    receive go -> ok end,
    play(Peer, Count),
    Referee ! done,
    exit(Peer, kill).

calls(Count) ->
    {ok, Server} = gen_server:start_link(bench_servant, nobody, []),
    call_often(Server, warm_up(Count)),
    Each = ns_each(Count, fun() -> call_often(Server, Count) end),
    gen_server:stop(Server),
    [{"", Each}].

call_often(_, 0) ->
    ok;
call_often(Server, Left) ->
    _ = gen_server:call(Server, ask),
    call_often(Server, Left - 1).

ring(Members, Count) ->
    First = make_ring(Members),
    First ! warm_up(Count),
    receive done -> ok end,
    Each = ns_each(Count, fun() ->
        First ! Count,
        receive done -> ok end
    end),
    [{"", Each}].

%% The first member knows the last one by being told.
make_ring(Members) ->
    Me = self(),
    First = spawn(fun() -> receive {next, Next} -> ring_member(Me, Next) end end),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> ring_member(Me, Next) end) end,
                       First, lists:seq(2, Members)),
    First ! {next, Last},
    First.

ring_member(Starter, Next) ->
    receive
        0 -> Starter ! done;
        HopsLeft -> Next ! HopsLeft - 1
    end,
    ring_member(Starter, Next).

%% Above 64 bytes only the reference to a binary is sent. Two messages are a round trip.
payload(Bytes, Count) ->
    Me = self(),
    Peer = spawn(fun() -> return_buffers(Me) end),
    pass_buffer(Peer, binary:copy(<<0>>, Bytes), round_trips(warm_up(Count))),
    Trips = round_trips(Count),
    Each = ns_each(2 * Trips, fun() -> pass_buffer(Peer, binary:copy(<<0>>, Bytes), Trips) end),
    exit(Peer, kill),
    [{"", Each}].

round_trips(Messages) ->
    (Messages + 1) div 2.

pass_buffer(_, _, 0) ->
    ok;
pass_buffer(Peer, Buffer, Left) ->
    Peer ! Buffer,
    receive Back -> pass_buffer(Peer, Back, Left - 1) end.

return_buffers(To) ->
    receive Buffer -> To ! Buffer end,
    return_buffers(To).
