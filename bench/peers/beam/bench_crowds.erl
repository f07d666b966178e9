%% SPDX-License-Identifier: Apache-2.0
%% Many processes that talk at once. big, fork_join and chameneos are those of the Savina suite.

-module(bench_crowds).
-export([fan_in/2, mailbox/1, big/1, fork_join/1, chameneos/1]).
-import(bench_measure, [ns_each/2, receive_all/2, warm_up/1]).

fan_in(Senders, Count) ->
    Me = self(),
    Share = max(Count div Senders, 1),
    Total = Share * Senders,
    Receiver = bench_measure:spawn_crowded(fun() -> take_items(Me, Total) end),
    All = [spawn(fun() -> wait_and_send(Receiver, Share) end) || _ <- lists:seq(1, Senders)],
    Each = ns_each(Total, fun() ->
        [Sender ! go || Sender <- All],
        receive done -> ok end
    end),
    [{"", Each}].

wait_and_send(Receiver, Count) ->
    receive go -> send_items(Receiver, Count) end.

send_items(_, 0) ->
    ok;
send_items(Receiver, Left) ->
    Receiver ! item,
    send_items(Receiver, Left - 1).

take_items(Starter, 0) ->
    Starter ! done;
take_items(Starter, Left) ->
    receive item -> take_items(Starter, Left - 1) end.

%% It waits for something else while its mailbox fills.
mailbox(Count) ->
    Me = self(),
    Owner = bench_measure:spawn_crowded(fun() -> let_them_wait(Me, Count) end),
    Fill = ns_each(Count, fun() ->
        spawn(fun() -> send_items(Owner, Count), Owner ! go end),
        receive full -> ok end
    end),
    Drain = ns_each(Count, fun() -> receive done -> ok end end),
    [{"_fill", Fill}, {"_drain", Drain}].

let_them_wait(Starter, Count) ->
    receive go -> Starter ! full end,
    take_items(Starter, Count).

%% Each member pings another again and again, each time when the last one has answered, and answers
%% those who ping it.
big(Count) ->
    Me = self(),
    Members = 120,
    Pings = max(Count div 2 div Members, 1),
    All = [spawn(fun() -> become_big_member(Me, Seed, Pings) end) || Seed <- lists:seq(1, Members)],
    Each = ns_each(2 * Pings * Members, fun() ->
        [Member ! {members, list_to_tuple(All)} || Member <- All],
        receive_all(done, Members)
    end),
    [{"", Each}].

become_big_member(Starter, Seed, Pings) ->
    receive {members, All} -> ping_somebody(Starter, All, rand:mwc59_seed(Seed), Pings) end.

ping_somebody(Starter, All, Random, 0) ->
    Starter ! done,
    big_member(Starter, All, Random, 0);
ping_somebody(Starter, All, Random, Left) ->
    Next = rand:mwc59(Random),
    Place = rand:mwc59_value32(Next) rem tuple_size(All) + 1,
    element(Place, All) ! {ping, self()},
    big_member(Starter, All, Next, Left - 1).

big_member(Starter, All, Random, Left) ->
    receive
        {ping, From} ->
            From ! pong,
            big_member(Starter, All, Random, Left);
        pong ->
            ping_somebody(Starter, All, Random, Left)
    end.

fork_join(Count) ->
    Me = self(),
    Workers = 60,
    Share = max(Count div Workers, 1),
    All = [bench_measure:spawn_crowded(fun() -> work_off(Me, Share, 0.0) end)
           || _ <- lists:seq(1, Workers)],
    Each = ns_each(Share * Workers, fun() ->
        hand_out(All, Share),
        [receive {sum, Worker, _} -> ok end || Worker <- All]
    end),
    [{"", Each}].

hand_out(_, 0) ->
    ok;
hand_out(All, Left) ->
    hand_out_one_each(All),
    hand_out(All, Left - 1).

hand_out_one_each([]) ->
    ok;
hand_out_one_each([Worker | Others]) ->
    Worker ! {work, 37.2},
    hand_out_one_each(Others).

work_off(Starter, 0, Sum) ->
    Starter ! {sum, self(), Sum};
work_off(Starter, Left, Sum) ->
    receive {work, Value} -> work_off(Starter, Left - 1, Sum + compute(Value)) end.

%% What each task of Savina's fork-join computes.
compute(Value) ->
    Sine = math:sin(Value),
    Sine * Sine + math:sqrt(Value).

chameneos(Count) ->
    Me = self(),
    Colours = [blue, red, yellow],
    [spawn(fun() -> come_to_the_mall(Me, lists:nth(I rem 3 + 1, Colours)) end)
     || I <- lists:seq(1, 100)],
    hold_meetings(warm_up(Count)),
    [{"", ns_each(Count, fun() -> hold_meetings(Count) end)}].

hold_meetings(0) ->
    ok;
hold_meetings(Left) ->
    receive
        {meet, First, _} ->
            receive {meet, _, _} = Second -> First ! Second end,
            hold_meetings(Left - 1)
    end.

%% The mall sends it whom it meets. It tells the other what both become, and comes again.
come_to_the_mall(Mall, Mine) ->
    Mall ! {meet, self(), Mine},
    receive
        {meet, Other, OtherColour} ->
            Both = complement(Mine, OtherColour),
            Other ! {change, Both},
            come_to_the_mall(Mall, Both);
        {change, Into} ->
            come_to_the_mall(Mall, Into)
    end.

complement(Same, Same) -> Same;
complement(blue, red) -> yellow;
complement(blue, yellow) -> red;
complement(red, blue) -> yellow;
complement(red, yellow) -> blue;
complement(yellow, blue) -> red;
complement(yellow, red) -> blue.
