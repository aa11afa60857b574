using EnterpriseAI.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Controllers.Tests;

/// <summary>Random operations on the queue and on a model that is too simple to be wrong.</summary>
public sealed class WorkQueueModelTests
{
    [Test]
    public void The_queue_does_what_its_model_does()
    {
        var operation = Gen.Choose(0, 5).SelectMany(kind => Gen.Choose(0, 4).SelectMany(key => Gen.Choose(0, 20).Select(number => (kind, key, number))));
        Prop.ForAll(operation.ArrayOf().ToArbitrary(), Run).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000).WithEndSize(60));
    }

    static void Run((int Kind, int Key, int Number)[] operations)
    {
        var time = new ManualTimeProvider();
        using var queue = new WorkQueue<int>("model", time);
        var model = new Model();
        foreach (var (kind, key, number) in operations)
        {
            switch (kind)
            {
                case 0:
                    queue.Add(key, number % 3);
                    model.Add(key, 0, number % 3);
                    break;
                case 1:
                    queue.AddAfter(key, TimeSpan.FromSeconds(number), number % 2);
                    model.Add(key, number, number % 2);
                    break;
                case 2:
                    time.Advance(TimeSpan.FromSeconds(number));
                    model.Advance(number);
                    break;
                case 3 or 4:
                    WorkItem<int>? taken = queue.TryGet(out var item) ? item : null;
                    model.Take(taken);
                    break;
                case 5:
                    queue.Done(key);
                    model.Done(key);
                    break;
            }

            Assert.That(queue.Count, Is.EqualTo(model.ReadyCount));
        }
    }

    /// <summary>Per key: when and how urgently it is wanted, and whether somebody works on it.</summary>
    sealed class Model
    {
        readonly Dictionary<int, (int At, int Priority)> _wanted = [];
        readonly HashSet<int> _processing = [];
        int _now;

        public int ReadyCount => Ready.Count();

        IEnumerable<KeyValuePair<int, (int At, int Priority)>> Ready => _wanted.Where(pair => pair.Value.At <= _now && !_processing.Contains(pair.Key));

        public void Add(int key, int delay, int priority) => _wanted[key] = _wanted.TryGetValue(key, out var wanted)
            ? (Math.Min(wanted.At, _now + delay), Math.Max(wanted.Priority, priority))
            : (_now + delay, priority);

        public void Advance(int seconds) => _now += seconds;

        public void Take(WorkItem<int>? taken)
        {
            if (taken is not { } item)
            {
                Assert.That(Ready, Is.Empty, "a ready key is handed out");
                return;
            }

            Assert.That(Ready.Select(pair => pair.Key), Does.Contain(item.Key), "only ready keys are handed out, none twice");
            Assert.That(item.Priority, Is.EqualTo(Ready.Max(pair => pair.Value.Priority)), "the most urgent key comes first");
            Assert.That(item.Priority, Is.EqualTo(_wanted[item.Key].Priority));
            _wanted.Remove(item.Key);
            _processing.Add(item.Key);
        }

        public void Done(int key) => _processing.Remove(key);
    }
}
