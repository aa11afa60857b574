using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Amazon.S3;
using Amazon.S3.Model;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>An object of an S3 store.</summary>
internal sealed class S3File(IAmazonS3 client, string bucket, string key) : IRemoteFile
{
    public string Shown => $"s3://{bucket}/{key}";

    public async Task<RemoteBody> OpenAsync(RemoteRange range, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = bucket, Key = key };
        if (!range.IsWhole)
        {
            request.ByteRange = range.Count is { } count
                ? new ByteRange(range.From, range.From + count - 1)
                : new ByteRange(string.Create(CultureInfo.InvariantCulture, $"bytes={range.From}-"));
        }

        // A version is the tag, and the id where the bucket keeps versions.
        if (range.Version?.Split(' ') is [var tag, .. var id])
        {
            request.EtagToMatch = tag;
            request.VersionId = id.FirstOrDefault();
        }

        GetObjectResponse response;
        try
        {
            response = await S3Errors.TranslateAsync(Shown, () => client.GetObjectAsync(request, cancellationToken));
        }
        catch (RemoteTrouble trouble) when (trouble.Kind == RemoteTroubleKind.NoSuchRange && range is { Count: not null, Version: not null })
        {
            // The version had this part when it was planned.
            throw Changed(trouble);
        }

        if (response.Headers.ContentEncoding is { Length: > 0 } encoding && encoding is not ("identity" or "aws-chunked"))
        {
            response.Dispose();
            throw AgentFailure.BadInput("EncodingRefused", $"{Shown} is stored with Content-Encoding '{encoding}'; what unpacks to an unknown size is not fetched: store the file as it is");
        }

        // Not every store looks at If-Match.
        if (request.EtagToMatch is { } wanted && response.ETag != wanted)
        {
            response.Dispose();
            throw Changed();
        }

        var part = ContentRangeHeaderValue.TryParse(response.ContentRange, out var content) ? content : null;
        if (part is null && response.HttpStatusCode == HttpStatusCode.PartialContent)
        {
            // Some stores answer so for an empty object.
            response.Dispose();
            throw new RemoteTrouble(RemoteTroubleKind.NoSuchRange, "the store answered with a part that cannot be");
        }

        return new RemoteBody(response.ResponseStream, response)
        {
            IsPart = part is not null,
            Offset = part?.From ?? 0,
            Announced = response.Headers.ContentLength,
            Total = part is null ? response.Headers.ContentLength : part.Length,
            Version = response.ETag is { Length: > 0 } etag ? response.VersionId is { Length: > 0 } version and not "null" ? $"{etag} {version}" : etag : null,
        };
    }

    private static RemoteTrouble Changed(Exception? cause = null) =>
        new(RemoteTroubleKind.Changed, "the store has another object there than when the download began", cause: cause);
}
