// Exchange: what a connection and the handler's thread share for one request. For connection.cc.

#pragma once

#include <functional>

#include "api/connection.h"
#include "api/inbox.h"
#include "api/outbox.h"

namespace sluice::api {

struct Connection::Exchange {
  Exchange(size_t inbox_bytes, Outbox::Options outbox_options, const std::function<void()>& wake)
      : inbox(inbox_bytes, wake), outbox(outbox_options, wake) {}

  Request request;
  const Route* route = nullptr;
  Inbox inbox;
  Outbox outbox;
  bool dispatched = false;
};

}  // namespace sluice::api
