%% SPDX-License-Identifier: Apache-2.0
%% A supervisor of one servant with a name, or of many of which the last tells a tester that it is up.

-module(bench_tree).
-behaviour(supervisor).
-export([start_named/1, start_many/3]).
-export([init/1]).

start_named(Name) ->
    supervisor:start_link(?MODULE, {named, Name}).

start_many(Strategy, Count, Tester) ->
    supervisor:start_link(?MODULE, {many, Strategy, Count, Tester}).

init({named, Name}) ->
    Servant = #{id => Name, start => {bench_servant, start_named, [Name]}},
    {ok, {never_gives_up(one_for_one), [Servant]}};
init({many, Strategy, Count, Tester}) ->
    Others = [servant(Id, nobody) || Id <- lists:seq(1, Count - 1)],
    {ok, {never_gives_up(Strategy), Others ++ [servant(Count, Tester)]}}.

servant(Id, Tester) ->
    #{id => Id, start => {bench_servant, start_link, [Tester]}}.

never_gives_up(Strategy) ->
    #{strategy => Strategy, intensity => 1000000000, period => 1}.
