%% SPDX-License-Identifier: Apache-2.0
%% A server that answers and fails when asked to. It tells its tester, if it has one, when it is up.

-module(bench_servant).
-behaviour(gen_server).
-export([start_link/1]).
-export([init/1, handle_call/3, handle_cast/2]).

start_link(Tester) ->
    gen_server:start_link(?MODULE, Tester, []).

init(nobody) ->
    {ok, 1};
init(Tester) ->
    Tester ! {up, self()},
    {ok, 1}.

handle_call(ask, _, State) ->
    {reply, State, State}.

handle_cast(fail, _) ->
    error(asked_to_fail).
