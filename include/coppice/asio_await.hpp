// SPDX-License-Identifier: Apache-2.0
// Awaits operations of standalone Asio in a process: timers, sockets, resolvers, any `async_*` function whose
// handler takes an error_code first.
//
//     asio::io_context io;                                     // runs on threads of the program
//     const auto timer = std::make_shared<asio::steady_timer>(io, 5s);
//     co_await timer->async_wait(use_process);                 // throws std::system_error for an error
//
//     const auto text = std::make_shared<std::string>(4096, '\0');
//     auto reading = socket->async_read_some(asio::buffer(*text), use_process_for_result.keeping(text, socket));
//     const std::expected<std::size_t, asio::error_code> got = co_await reading;
//
// The operation begins with the await, on the thread of the process. Its handler runs on a thread of the
// io_context and ends the wait. A killed process does not wait for its operation, which goes on until it is
// complete: objects of Asio that the process owned end it. Buffers are memory that the operation uses, so they
// must outlive the operation, also after a kill: `keeping` shares them with the operation.
//
// The result is what the handler gets, without the leading error_code: nothing, one value, or a tuple.
//
// Threads    Inside a process. The io_context runs on other threads; one object of Asio is used by one process.
// Blocking   Awaited. Meanwhile the process handles exit signals, but takes no messages.
// Ownership  The operation shares what `keeping` names, until the handler has run.
// Errors     `use_process` throws std::system_error, `use_process_for_result` gives an std::expected. Throws
//            std::logic_error in a simulation.
// Cost       One allocation besides Asio's own, and one signal.
// Today      For standalone Asio 1.20 and later, not Boost.Asio. Link coppice::asio.

#pragma once

#include <asio/async_result.hpp>
#include <asio/error_code.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/detail/foreign_wait.hpp"

namespace coppice {
namespace detail {

struct throws_errors {};
struct returns_errors {};

/// The result of an operation with a leading error_code and `Args`.
template <class... Args>
struct asio_result {
    using type = std::tuple<Args...>;
};
template <class Arg>
struct asio_result<Arg> {
    using type = Arg;
};
template <>
struct asio_result<> {
    using type = void;
};

template <class... Args>
class asio_answer final : public foreign_answer {
  public:
    void complete(const ::asio::error_code& error, Args... args) {
        error_ = error;
        values_.emplace(std::move(args)...);
        kept_.reset();
        give();
    }
    void keep(std::shared_ptr<void> kept) noexcept { kept_ = std::move(kept); }

    const ::asio::error_code& error() const noexcept { return error_; }
    typename asio_result<Args...>::type take() {
        if constexpr (sizeof...(Args) == 1) {
            return std::get<0>(std::move(*values_));
        } else if constexpr (sizeof...(Args) > 1) {
            return std::move(*values_);
        }
    }

  private:
    ::asio::error_code error_;
    std::optional<std::tuple<Args...>> values_;
    std::shared_ptr<void> kept_;
};

template <class... Args>
struct asio_handler {
    std::shared_ptr<asio_answer<Args...>> answer;
    void operator()(const ::asio::error_code& error, Args... args) const {
        answer->complete(error, std::move(args)...);
    }
};

template <class Policy, class Start, class... Args>
class [[nodiscard("co_await it")]] asio_awaiter final : public foreign_wait {
  public:
    asio_awaiter(std::shared_ptr<asio_answer<Args...>> answer, Start start)
        : foreign_wait{*answer}, answer_{std::move(answer)}, start_{std::move(start)} {}

    auto await_resume() {
        using value = typename asio_result<Args...>::type;
        if constexpr (std::is_same_v<Policy, throws_errors>) {
            if (answer_->error()) {
                throw std::system_error{answer_->error()};
            }
            return answer_->take();
        } else {
            using result = std::expected<value, ::asio::error_code>;
            if (answer_->error()) {
                return result{std::unexpected(answer_->error())};
            }
            if constexpr (std::is_void_v<value>) {
                return result{};
            } else {
                return result{answer_->take()};
            }
        }
    }

  private:
    void start() override { std::move(start_)(asio_handler<Args...>{answer_}); }

    std::shared_ptr<asio_answer<Args...>> answer_;
    Start start_;
};

/// An operation that has not begun.
template <class Policy, class Start, class... Args>
class [[nodiscard("co_await it")]] asio_operation {
  public:
    asio_operation(Start start, std::shared_ptr<void> kept)
        : answer_{std::make_shared<asio_answer<Args...>>()}, start_{std::move(start)} {
        answer_->keep(std::move(kept));
    }
    /// Once.
    asio_awaiter<Policy, Start, Args...> operator co_await() {
        return {std::move(answer_), std::move(start_)};
    }

  private:
    std::shared_ptr<asio_answer<Args...>> answer_;
    Start start_;
};

}  // namespace detail

/// The completion token. Policy: whether an error is thrown or returned.
template <class Policy>
class process_token {
  public:
    /// Keeps nothing.
    constexpr process_token() noexcept = default;
    /// As `keeping`.
    explicit process_token(std::shared_ptr<void> kept) noexcept : kept_{std::move(kept)} {}
    /// The token for an operation that shares the objects until its handler has run.
    template <class... Shared>
    [[nodiscard]] process_token keeping(std::shared_ptr<Shared>... kept) const {
        return process_token{
            std::make_shared<std::tuple<std::shared_ptr<Shared>...>>(std::move(kept)...)};
    }
    /// What the operation shares.
    const std::shared_ptr<void>& kept() const noexcept { return kept_; }

  private:
    std::shared_ptr<void> kept_;
};

/// An error of the operation is thrown as std::system_error.
inline const process_token<detail::throws_errors> use_process{};
/// An error of the operation is the error of an std::expected.
inline const process_token<detail::returns_errors> use_process_for_result{};

}  // namespace coppice

/// For Asio: how a function with the token begins.
template <class Policy, class R, class... Args>
class asio::async_result<coppice::process_token<Policy>, R(asio::error_code, Args...)> {
  public:
    /// The operation, which begins when it is awaited.
    template <class Initiation, class... InitArgs>
    static auto initiate(Initiation&& initiation, coppice::process_token<Policy> token,
                         InitArgs&&... args) {
        auto start = [initiation = std::decay_t<Initiation>(std::forward<Initiation>(initiation)),
                      held = std::tuple<std::decay_t<InitArgs>...>(
                          std::forward<InitArgs>(args)...)](auto handler) mutable {
            std::apply(
                [&](auto&... each) {
                    std::move(initiation)(std::move(handler), std::move(each)...);
                },
                held);
        };
        return coppice::detail::asio_operation<Policy, decltype(start), std::decay_t<Args>...>{
            std::move(start), token.kept()};
    }
};
