%% SPDX-License-Identifier: Apache-2.0
%% A supervisor of servants, of which the last tells a tester that it is up.

-module(bench_tree).
-behaviour(supervisor).
-export([start_link/3, start_link_of_one_kind/0]).
-export([init/1]).

start_link(Strategy, Count, Tester) ->
    supervisor:start_link(?MODULE, {Strategy, Count, Tester}).

%% Its children are started one by one, all from one description.
start_link_of_one_kind() ->
    supervisor:start_link(?MODULE, one_kind).

init(one_kind) ->
    {ok, {#{strategy => simple_one_for_one}, [servant(servant, nobody)]}};
init({Strategy, Count, Tester}) ->
    Others = [servant(Id, nobody) || Id <- lists:seq(1, Count - 1)],
    NeverGivesUp = #{strategy => Strategy, intensity => 1000000000, period => 1},
    {ok, {NeverGivesUp, Others ++ [servant(Count, Tester)]}}.

servant(Id, Tester) ->
    #{id => Id, start => {bench_servant, start_link, [Tester]}}.
