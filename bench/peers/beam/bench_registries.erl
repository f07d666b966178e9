%% SPDX-License-Identifier: Apache-2.0
%% Elixir's Registry: look-up, registration, and dispatch.

-module(bench_registries).
-export([look_up/1, register_key/1, dispatch/1]).
-import(bench_measure, [ns_each/2, receive_all/2, repeat/2, warm_up/1]).

-define(LISTENERS, 1000).

look_up(Count) ->
    {ok, _} = 'Elixir.Registry':start_link([{keys, unique}, {name, names}]),
    Keys = some_keys("process_"),
    Me = self(),
    lists:foreach(fun(Key) -> spawn(fun() -> live_as(Key, Me) end) end, Keys),
    receive_all(ready, length(Keys)),
    find_all(Keys, Keys, warm_up(Count)),
    [{"", ns_each(Count, fun() -> find_all(Keys, Keys, Count) end)}].

%% One byte string as a key, as Elixir programs use.
some_keys(Prefix) ->
    [list_to_binary(Prefix ++ integer_to_list(I)) || I <- lists:seq(0, 999)].

live_as(Key, Starter) ->
    {ok, _} = 'Elixir.Registry':register(names, Key, nil),
    Starter ! ready,
    receive done -> ok end.

find_all(_, _, 0) ->
    ok;
find_all([], Keys, Left) ->
    find_all(Keys, Keys, Left);
find_all([Key | Others], Keys, Left) ->
    true = is_pid('Elixir.Registry':whereis_name({names, Key})),
    find_all(Others, Keys, Left - 1).

register_key(Count) ->
    {ok, _} = 'Elixir.Registry':start_link([{keys, unique}, {name, names}]),
    {ok, _} = 'Elixir.Registry':register(names, <<"stays">>, nil),
    Keys = some_keys("key_"),
    come_and_go(Keys, Keys, warm_up(Count)),
    [{"", ns_each(Count, fun() -> come_and_go(Keys, Keys, Count) end)}].

come_and_go(_, _, 0) ->
    ok;
come_and_go([], Keys, Left) ->
    come_and_go(Keys, Keys, Left);
come_and_go([Key | Others], Keys, Left) ->
    {ok, _} = 'Elixir.Registry':register(names, Key, nil),
    'Elixir.Registry':unregister(names, Key),
    come_and_go(Others, Keys, Left - 1).

%% A message to each of 1,000 processes, until all have answered; the figure is of one message.
dispatch(Count) ->
    {ok, _} = 'Elixir.Registry':start_link([{keys, duplicate}, {name, topics}]),
    Me = self(),
    repeat(?LISTENERS, fun() -> spawn(fun() -> start_to_hear(Me) end) end),
    receive_all(ready, ?LISTENERS),
    Rounds = max(1, Count div ?LISTENERS),
    Each = ns_each(Rounds * ?LISTENERS, fun() -> repeat(Rounds, fun tell_all/0) end),
    [{"", Each}].

start_to_hear(Starter) ->
    {ok, _} = 'Elixir.Registry':register(topics, 1, nil),
    Starter ! ready,
    hear(Starter).

hear(Starter) ->
    receive news -> Starter ! heard end,
    hear(Starter).

tell_all() ->
    'Elixir.Registry':dispatch(topics, 1, fun(Entries) ->
        lists:foreach(fun({Who, _}) -> Who ! news end, Entries)
    end),
    receive_all(heard, ?LISTENERS).
