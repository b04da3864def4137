// Reads the text of a picture of one line: dotnet run, then curl --data-binary @line.png http://localhost:5000/read
using StbImageSharp;
using WebOcr;

const int LargestPicture = 8 << 20;

var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = LargestPicture);
builder.Services.AddSingleton<LineReader>();
var app = builder.Build();

// Mistakes in the weights show when the server starts, not with the first request.
app.Services.GetRequiredService<LineReader>();

app.MapPost("/read", async (HttpRequest request, LineReader reader, CancellationToken cancel) =>
{
    var body = new MemoryStream();
    await request.Body.CopyToAsync(body, cancel);
    try
    {
        var picture = ImageResult.FromMemory(body.ToArray(), ColorComponents.RedGreenBlue);
        return Results.Text(reader.Read(picture) + "\n");
    }
    catch (InvalidOperationException)
    {
        return Results.Text("send a PNG or JPEG picture of a line of text as the body\n", statusCode: StatusCodes.Status400BadRequest);
    }
});
app.Run();
