// SPDX-License-Identifier: Apache-2.0
// The queue of datagrams that wait to be sent: order, bound, and what it keeps.
#include <deque>

#include <QtTest>

#include "core/base/random.h"
#include "core/quic/datagram_queue.h"

using namespace adit;
using namespace adit::quic;

class DatagramQueueTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void keepsTheirOrder();
  void theOldestGiveWay();
  void anEmptyDatagramIsOne();
  void behavesAsAModel();
};

void DatagramQueueTest::keepsTheirOrder() {
  DatagramQueue queue(1024);
  QVERIFY(queue.empty());
  QCOMPARE(queue.push(asBytes("first")), std::size_t{0});
  QCOMPARE(queue.push(asBytes("second")), std::size_t{0});
  QCOMPARE(queue.bytes(), std::size_t{11});
  QCOMPARE(asText(queue.front()), std::string_view("first"));
  queue.pop();
  QCOMPARE(asText(queue.front()), std::string_view("second"));
  queue.pop();
  QVERIFY(queue.empty());
  QCOMPARE(queue.bytes(), std::size_t{0});
}

void DatagramQueueTest::theOldestGiveWay() {
  DatagramQueue queue(30);  // three of six bytes and their lengths
  for (const char* text : {"aaaaaa", "bbbbbb", "cccccc"})
    QCOMPARE(queue.push(asBytes(std::string_view(text))), std::size_t{0});
  QCOMPARE(queue.push(asBytes("dddddd")), std::size_t{1});
  QCOMPARE(asText(queue.front()), std::string_view("bbbbbb"));
  QCOMPARE(queue.push(asBytes("0123456789")), std::size_t{2});
  QCOMPARE(asText(queue.front()), std::string_view("dddddd"));
  QCOMPARE(queue.bytes(), std::size_t{16});
}

void DatagramQueueTest::anEmptyDatagramIsOne() {
  DatagramQueue queue(64);
  queue.push({});
  QVERIFY(!queue.empty());
  QCOMPARE(queue.front().size(), std::size_t{0});
  queue.pop();
  QVERIFY(queue.empty());
}

void DatagramQueueTest::behavesAsAModel() {
  SeededRandom random(11);
  DatagramQueue queue(5000);
  std::deque<std::string> model;
  std::size_t held = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (random.below(3) != 0) {
      const std::string data(random.below(900), static_cast<char>('a' + random.below(26)));
      std::size_t dropped = 0;
      for (; held + 4 + data.size() > 5000; ++dropped) {
        held -= 4 + model.front().size();
        model.pop_front();
      }
      QCOMPARE(queue.push(asBytes(data)), dropped);
      model.push_back(data);
      held += 4 + data.size();
    } else if (!model.empty()) {
      queue.pop();
      held -= 4 + model.front().size();
      model.pop_front();
    }
    QCOMPARE(queue.empty(), model.empty());
    QCOMPARE(queue.bytes(), held - 4 * model.size());
    if (!model.empty()) QCOMPARE(asText(queue.front()), std::string_view(model.front()));
  }
}

QTEST_GUILESS_MAIN(DatagramQueueTest)
#include "datagram_queue_test.moc"
