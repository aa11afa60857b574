using System.Globalization;
using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Requests that are nearly right: each is answered, and none by a fault of the server.</summary>
public class RequestFuzzTests
{
    private sealed record FuzzedRequest(byte[] Body, string? JsonBytes);

    [Test]
    public Task Every_request_in_JSON_is_answered_200_or_400_and_the_server_lives_on() => TryAsync(JsonRequests, FuzzPlan.RestJson);

    [Test]
    public Task Every_request_with_binary_data_is_answered_200_or_400_and_the_server_lives_on() => TryAsync(BinaryRequests, FuzzPlan.RestBinary);

    private static async Task TryAsync(Gen<FuzzedRequest> requests, int count)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.TwoInputs(), options => options with { MaxRequestBytes = 1 << 20 });
        var counts = new Dictionary<HttpStatusCode, int>();
        foreach (var request in requests.Sample(count, size: 30))
        {
            var content = new ByteArrayContent(request.Body);
            if (request.JsonBytes is { } header)
                content.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", header);
            using var response = await server.Client.PostAsync("/v2/models/m/infer", content);
            var answer = await response.Content.ReadAsByteArrayAsync();
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.BadRequest),
                $"{Encoding.UTF8.GetString(request.Body)}\n{request.JsonBytes}\n{Encoding.UTF8.GetString(answer)}");
            counts[response.StatusCode] = counts.GetValueOrDefault(response.StatusCode) + 1;
        }
        TestContext.Out.WriteLine($"{counts.Values.Sum()} requests: {string.Join(", ", counts.Select(count => $"{count.Value} answered {(int)count.Key}"))}");
        Assert.That(counts.Values.Sum(), Is.EqualTo(count));
        Assert.That(counts.GetValueOrDefault(HttpStatusCode.OK), Is.GreaterThan(count / 100), "too few requests are right to try what comes after reading");
        Assert.That(counts.GetValueOrDefault(HttpStatusCode.BadRequest), Is.GreaterThan(count / 4), "too few requests are wrong");
        Assert.That((await server.GetAsync("/v2/health/ready")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    private static readonly Gen<FuzzedRequest> JsonRequests = CreateGen(binary: false);

    private static readonly Gen<FuzzedRequest> BinaryRequests = CreateGen(binary: true);

    private static Gen<FuzzedRequest> CreateGen(bool binary)
    {
        var odd = Gen.Elements("null", "1", "-1", "[]", "{}", "\"\"", "\"FP32\"", "true", "1e999", "[[[[]]]]", "\"\\ud800\"", "9223372036854775808", "0.5");
        Gen<string> Or(Gen<string> right) => Gen.Frequency((12, right), (1, odd));
        var number = Gen.Elements("0", "1", "-2.5", "1e3", "3.4e38", "-0", "\"NaN\"", "\"-Infinity\"", "0.1");
        var data = from count in Gen.Frequency((8, Gen.Constant(2)), (1, Gen.Choose(0, 5)))
                   from values in Or(number).ArrayOf(count)
                   from nested in Gen.Frequency((8, Gen.Constant(false)), (1, Gen.Constant(true)))
                   select nested ? $"[[{string.Join(',', values)}]]" : $"[{string.Join(" , ", values)}]";
        var shape = Gen.Frequency((10, Gen.Constant("[2]")), (1, Gen.Elements("[]", "[0]", "[3]", "[1,2]", "[2,1]", "[-1]", "[9223372036854775807]", "[4294967296,4294967296]", "[0,9223372036854775807]", "[2,0]")));
        var datatype = Gen.Frequency((15, Gen.Constant("\"FP32\"")), (1, Gen.Elements("\"FP64\"", "\"BYTES\"", "\"INT64\"", "\"BF16\"", "\"fp32\"", "\"\"")));
        var fields = from name in Or(Gen.Frequency((20, Gen.Constant("!")), (1, Gen.Elements("\"a\"", "\"c\"", "\"\\u0061\""))))
                     from type in Or(datatype)
                     from size in Or(shape)
                     from values in Or(data)
                     from bytes in Or(Gen.Elements("8", "8", "8", "4", "0", "4294967296"))
                     from isBinary in binary ? Gen.Frequency((1, Gen.Constant(false)), (6, Gen.Constant(true))) : Gen.Frequency((12, Gen.Constant(false)), (1, Gen.Constant(true)))
                     from order in Gen.Shuffle(new[] { 0, 1, 2, 3 })
                     from drop in Gen.Frequency((20, Gen.Constant(-1)), (1, Gen.Choose(0, 3)))
                     from twice in Gen.Frequency((30, Gen.Constant(-1)), (1, Gen.Choose(0, 3)))
                     select (Fields: new[] { $"\"name\":{name}", $"\"datatype\":{type}", $"\"shape\":{size}", isBinary ? $"\"parameters\":{{\"binary_data_size\":{bytes}}}" : $"\"data\":{values}" }, Order: order, Drop: drop, Twice: twice);
        var input = fields.Select(static made =>
            "{" + string.Join(',', made.Order.Where(index => index != made.Drop).Concat(made.Order.Where(index => index == made.Twice)).Select(index => made.Fields[index])) + "}");
        var inputs = from first in input
                     from second in input
                     from third in Gen.Frequency((20, Gen.Constant<string?>(null)), (1, input.Select<string, string?>(static text => text)))
                     select $"[{first.Replace("!", "\"a\"")},{second.Replace("!", "\"b\"")}{(third is null ? "" : "," + third.Replace("!", "\"a\""))}]";
        var outputs = Gen.Frequency((6, Gen.Constant<string?>(null)), (3, Or(Gen.Elements(
            "[]", "[{\"name\":\"sum\"}]", "[{\"name\":\"quotient\",\"parameters\":{\"binary_data\":true}}]", "[{\"name\":\"none\"}]", "[{\"name\":\"sum\"},{\"name\":\"sum\"}]")).Select<string, string?>(static text => text)));
        var requests = from given in Or(inputs)
                       from wanted in outputs
                       from id in Or(Gen.Elements("\"1\"", "\"\\u00e4\\n\""))
                       from parameters in Or(Gen.Elements("{}", "{\"binary_data_output\":true}", "{\"outlier_score\":true}", "{\"binary_data_output\":1}"))
                       from tail in Gen.Frequency((5, Gen.Constant(16)), (1, Gen.Choose(0, 20)))
                       from header in !binary ? Gen.Constant<string?>(null) : Gen.Frequency((12, Gen.Constant<string?>("")), (1, Gen.Elements<string?>("-1", "0", "3", "99999", "x", "+5", " 5")))
                       from cut in Gen.Frequency((20, Gen.Constant(0)), (1, Gen.Choose(1, 30)))
                       select Made($"{{\"id\":{id},\"parameters\":{parameters},\"inputs\":{given}{(wanted is null ? "" : $",\"outputs\":{wanted}")}}}", tail, header, cut);
        return requests;
    }

    private static FuzzedRequest Made(string json, int tail, string? header, int cut)
    {
        var text = Encoding.UTF8.GetBytes(json);
        byte[] body = [.. text, .. Enumerable.Repeat((byte)0x3f, header is null ? 0 : tail)];
        return new FuzzedRequest(body[..^Math.Min(cut, body.Length)], header is "" ? text.Length.ToString(CultureInfo.InvariantCulture) : header);
    }
}
